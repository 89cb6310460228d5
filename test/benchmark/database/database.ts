import { say } from "../../../infra/local-machine/steps.ts";
import { type ContestResult, hold } from "../contest.ts";
import { backupContest } from "./backup-contest.ts";
import { type BenchmarkServer, startBenchmarkServer } from "./benchmark-server.ts";
import type { Size } from "./dataset.ts";
import { contentContest, statusContest, verificationContest } from "./part-contests.ts";
import { restoreContest } from "./restore-contest.ts";

/** Backups and restores of a database of one size. */

const kept = "/root/benchmark_archive";

export async function database(size: Size, rounds: number): Promise<ContestResult[]> {
  say(`Making the database of ${size} …`);
  const server = await startBenchmarkServer(size);
  try {
    const results = [await hold(backupContest(server, rounds))];
    if (size === "8MB") results.push(await hold(statusContest(server, rounds)));
    const archive = await keptBackup(server);
    if (size !== "8MB") {
      // Of a small file the start of Node is most of what would be seen.
      results.push(await hold(contentContest(server, rounds)));
      results.push(await hold(verificationContest(server, archive, rounds)));
    }
    results.push(await hold(await restoreContest(server, archive, rounds)));
    return results;
  } finally {
    await server.remove();
  }
}

/** Makes a backup and puts it where it stays. Gives the archive's path. */
async function keptBackup({ settings, command, succeed, tidy }: BenchmarkServer): Promise<string> {
  await tidy();
  await succeed(command("backup_database", "--quiet"));
  await succeed(`mkdir -m 0700 ${kept} && mv ${settings.paths.backups}/* ${kept}`);
  return succeed(`ls ${kept}/*.sql.gz`);
}
