import * as z from "zod";
import type { Contest, Sample } from "../contest.ts";
import { type BenchmarkServer, placeText } from "./benchmark-server.ts";
import { commandContestant } from "./contestant.ts";
import { restoreGoals } from "./goals.ts";
import { measure } from "./measurement.ts";
import { handMadeRestore, restore, wholeRestore } from "./names.ts";

/** Ways to restore the same archive. */

const target = "benchmark_target";
const plainDump = "/tmp/benchmark.sql";

const Restored = z.object({ preRestoreArchive: z.string() });
const BackUp = z.object({ durationSeconds: z.number() });

/** A restore by our program, and the seconds of the backup that it made first. */
async function restored(
  { sandbox, command, succeed }: BenchmarkServer,
  archive: string,
): Promise<{ sample: Sample; backupSeconds: number }> {
  const { sample, output } = await measure(sandbox, command("restore_database", `--yes --json ${archive}`));
  const { preRestoreArchive } = Restored.parse(JSON.parse(output));
  const manifest = await succeed(`cat ${preRestoreArchive.replace(/\.sql\.gz$/, ".json")}`);
  return { sample, backupSeconds: BackUp.parse(JSON.parse(manifest)).durationSeconds };
}

/**
 * @param archive a backup of the database by our program, with its manifest beside it
 * @param rounds the number of measurements of each
 */
export async function restoreContest(
  server: BenchmarkServer,
  archive: string,
  rounds: number,
): Promise<Contest> {
  const { sandbox, tidy, succeed } = server;
  const { container, database, databaseUser } = sandbox;
  await succeed(`docker exec ${container} pg_dump -U ${databaseUser} -f ${plainDump} ${database}`);
  const emptyTarget = async () => {
    await tidy();
    await sandbox.psql(`create database ${target} template template0`, "template1");
  };
  const psql = `docker exec -i ${container} psql -U ${databaseUser} -d ${target} -q -o /dev/null`;
  return {
    title: `${server.size}: restore`,
    work: `${placeText(server)} Restored from one and the same backup of ours, into a new database.`,
    contestants: [
      commandContestant(server, {
        name: handMadeRestore,
        note: "the bare `gunzip -c FILE | docker exec -i psql` into an empty database; looks at nothing, goes on after errors, leaves a database without statistics",
        prepare: emptyTarget,
        command: `gunzip -c ${archive} | ${psql}`,
      }),
      commandContestant(server, {
        name: "limit: psql of the plain dump",
        note: "the uncompressed dump, read in the database's container: no decompression, nothing crosses Docker's stream",
        prepare: emptyTarget,
        command: `${psql} -f ${plainDump}`,
      }),
      {
        name: restore,
        note: "archive read in full first, restored beside the live database, all rows and hashes compared with the manifest, ANALYZE, properties, swap in one transaction; less the seconds that the backup before it says it took",
        prepare: tidy,
        run: async () => {
          const { sample, backupSeconds } = await restored(server, archive);
          return { seconds: sample.seconds - backupSeconds };
        },
      },
      {
        name: wholeRestore,
        note: "the same with the verified backup of the present state that it takes first",
        prepare: tidy,
        run: async () => (await restored(server, archive)).sample,
      },
    ],
    rounds,
    goals: (median) => restoreGoals(server.size, median),
  };
}
