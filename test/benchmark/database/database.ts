import { say } from "../../../infra/local-machine/steps.ts";
import { type ContestResult, hold } from "../contest.ts";
import { backupContest } from "./backup-contest.ts";
import { type BenchmarkServer, type Command, startBenchmarkServer } from "./benchmark-server.ts";
import type { Size } from "./dataset.ts";
import { restoreContest } from "./restore-contest.ts";
import { statusContest } from "./status-contest.ts";

/** Backups and restores of a database of one size. */

export async function database(size: Size, rounds: number): Promise<ContestResult[]> {
  say(`Making the database of ${size} …`);
  const server = await startBenchmarkServer(size);
  try {
    const results = [await hold(backupContest(server, rounds))];
    if (size === "8MB") results.push(await hold(statusContest(server, rounds)));
    const archive = await keptBackup(server, server.command, "/root/benchmark_archive");
    results.push(await hold(await restoreContest(server, archive, rounds)));
    return results;
  } finally {
    await server.remove();
  }
}

/** Makes a backup and moves it to its final place. @returns the path of the archive */
export async function keptBackup(
  { backups, succeed, tidy }: BenchmarkServer,
  command: Command,
  kept: string,
): Promise<string> {
  await tidy();
  await succeed(command("backup_database", "--quiet"));
  await succeed(`mkdir -m 0700 ${kept} && mv ${backups}/* ${kept}`);
  return succeed(`ls ${kept}/*.sql.gz`);
}
