import type { Contest } from "../contest.ts";
import type { BenchmarkServer } from "./benchmark-server.ts";
import { commandContestant } from "./contestant.ts";
import { contentGoals, statusGoals, verificationGoals } from "./goals.ts";
import { content, dump, gzipTest, question, status, verification } from "./names.ts";
import { placeText } from "./place.ts";

/** Parts of the work by themselves. */

/** What a full manifest's content costs, compared with the dump that it is of. */
export function contentContest(server: BenchmarkServer, rounds: number): Contest {
  const { container, database, databaseUser } = server.sandbox;
  const pgDump = `docker exec ${container} pg_dump --compress=1 -U ${databaseUser} ${database}`;
  return {
    title: `${server.size}: what the manifest says of the content`,
    work: `${placeText(server)} The dump and the content by themselves; in a backup they run side by side.`,
    contestants: [
      commandContestant(server, {
        name: dump,
        note: "the dump as a backup makes it, compressed by pg_dump itself",
        command: `${pgDump} >${server.directory}/dump`,
      }),
      commandContestant(server, {
        name: content,
        note: "rows and a content hash of every table, sequences, large objects, extensions, indexes and the like, read by a program that does nothing else; with the start of Node",
        command: server.readContent,
      }),
    ],
    rounds,
    goals: contentGoals,
  };
}

/** @param archive the backup that is read, a path on the server */
export function verificationContest(server: BenchmarkServer, archive: string, rounds: number): Contest {
  return {
    title: `${server.size}: verification of a file`,
    work: `${placeText(server)} The archive of one backup of it is read.`,
    contestants: [
      commandContestant(server, {
        name: gzipTest,
        note: "decompresses it and compares gzip's checksum",
        command: `gzip -t ${archive}`,
      }),
      commandContestant(server, {
        name: verification,
        note: "decompresses it and compares gzip's checksum, compares its sha256 and that of the roles with the manifest, looks for the line with which a dump ends; with the start of Node",
        command: server.command("restore_database", `--quiet --verify-only ${archive}`),
      }),
    ],
    rounds,
    goals: verificationGoals,
  };
}

/** The status check of a server with one good backup. */
export function statusContest(server: BenchmarkServer, rounds: number): Contest {
  const { sandbox, tidy, command, succeed } = server;
  const { container, database, databaseUser } = sandbox;
  const prepare = async () => {
    await tidy();
    await succeed(command("backup_database", "--quiet"));
  };
  return {
    title: `${server.size}: status check`,
    work: `${placeText(server)} It was backed up a moment ago.`,
    contestants: [
      commandContestant(server, {
        name: question,
        note: "`docker exec psql -c 'select 1'`: what any look into the container costs",
        prepare,
        command: `docker exec ${container} psql -U ${databaseUser} -c 'select 1' ${database}`,
      }),
      commandContestant(server, {
        name: status,
        note: "all eight points and the figures",
        prepare,
        command: command("check_database_status"),
      }),
    ],
    rounds,
    goals: statusGoals,
  };
}
