import type { Contest } from "../contest.ts";
import type { BenchmarkServer } from "./benchmark-server.ts";
import { contentGoals, statusGoals, verificationGoals } from "./goals.ts";
import { measure } from "./measurement.ts";
import { content, dump, gzipTest, question, status, verification } from "./names.ts";
import { placeText } from "./place.ts";

/** Parts of the work by themselves. */

/** What a full manifest's content costs, compared with the dump that it is of. */
export function contentContest(server: BenchmarkServer, rounds: number): Contest {
  const { sandbox, tidy, directory, readContent } = server;
  const { container, database, databaseUser } = sandbox;
  const dumped = `docker exec ${container} pg_dump --compress=1 -U ${databaseUser} ${database}`;
  return {
    title: `${server.size}: what the manifest says of the content`,
    work: `${placeText(server)} The dump and the content by themselves; in a backup they run side by side.`,
    contestants: [
      {
        name: dump,
        note: "the dump as a backup makes it, compressed by pg_dump itself",
        prepare: tidy,
        run: async () => (await measure(sandbox, `${dumped} >${directory}/dump`)).sample,
      },
      {
        name: content,
        note: "rows and a content hash of every table, sequences, large objects, extensions, indexes and the like, read by a program of their own that starts and ends with it",
        prepare: tidy,
        run: async () => (await measure(sandbox, readContent)).sample,
      },
    ],
    rounds,
    goals: contentGoals,
  };
}

/** @param archive the backup that is read */
export function verificationContest(server: BenchmarkServer, archive: string, rounds: number): Contest {
  const { sandbox, tidy, command } = server;
  return {
    title: `${server.size}: verification of a file`,
    work: `${placeText(server)} The same archive, read from the page cache.`,
    contestants: [
      {
        name: gzipTest,
        note: "decompresses it and compares gzip's checksum",
        prepare: tidy,
        run: async () => (await measure(sandbox, `gzip -t ${archive}`)).sample,
      },
      {
        name: verification,
        note: "decompresses it in full with the same checksum, computes its sha256 and compares it and the roles' with the manifest, looks for the line with which a dump ends; with the start of Node",
        prepare: tidy,
        run: async () =>
          (await measure(sandbox, command("restore_database", `--quiet --verify-only ${archive}`))).sample,
      },
    ],
    rounds,
    goals: verificationGoals,
  };
}

/** The status check of a server with one good backup. */
export function statusContest(server: BenchmarkServer, rounds: number): Contest {
  const { sandbox, tidy, command, succeed } = server;
  const { container, database, databaseUser } = sandbox;
  const backedUp = async () => {
    await tidy();
    await succeed(command("backup_database", "--quiet"));
  };
  return {
    title: `${server.size}: status check`,
    work: `${placeText(server)} One backup beside it.`,
    contestants: [
      {
        name: question,
        note: "`docker exec psql -c 'select 1'`: what any look into the container costs",
        prepare: backedUp,
        run: async () =>
          (
            await measure(
              sandbox,
              `docker exec ${container} psql -U ${databaseUser} -c 'select 1' ${database}`,
            )
          ).sample,
      },
      {
        name: status,
        note: "all eight points and the figures",
        prepare: backedUp,
        run: async () => (await measure(sandbox, command("check_database_status"))).sample,
      },
    ],
    rounds,
    goals: statusGoals,
  };
}
