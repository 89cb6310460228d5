import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { DatabaseSettings } from "../../scripts/contract/settings.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";
import { backups, commandOf, putPrograms, settingsFile, settingsFor } from "./programs.ts";

/** A sandbox server with the programs that connect to PostgreSQL, installed without a deployment. */
export interface SessionServer {
  sandbox: SandboxServer;
  /** With cron's empty environment, like the others. */
  backUp(words?: string): Promise<CommandResult>;
  rehearse(): Promise<CommandResult>;
  restore(words: string): Promise<CommandResult>;
  check(words?: string): Promise<CommandResult>;
  /** Backup, rehearsal and restore of the newest backup, each with its exit code and its output. */
  roundTrip(): Promise<Record<"backup" | "rehearsal" | "restore", string>>;
  /** The path of the newest backup. */
  newest(): Promise<string>;
  /** Writes the settings file with changed settings of the database. */
  configure(change: Partial<DatabaseSettings>): Promise<void>;
}

/** The result of a `roundTrip` without a failure. */
export const allWell = { backup: "0", rehearsal: "0", restore: "0" };

export async function startSessionServer(options: SandboxOptions = {}): Promise<SessionServer> {
  const sandbox = await startServer({ database: "empty", ...options });
  const programs = [
    "backup_database",
    "rehearse_restore",
    "restore_database",
    "check_database_status",
  ] as const;
  await putPrograms(sandbox, programs);
  const made = settingsFor(sandbox);
  // The sandboxes share Docker. A name per sandbox identifies this server's rehearsals.
  const name = `sessions_${sandbox.number}`;
  const configure = (change: Partial<DatabaseSettings>) => {
    const databases = made.databases.map((database) => ({ ...database, name, ...change }));
    return sandbox.writeFile(settingsFile, JSON.stringify({ ...made, databases }), "0600");
  };
  await configure({});
  await sandbox.run(`mkdir -p -m 0700 ${backups}`);
  const run = (program: (typeof programs)[number], words = "") =>
    sandbox.run(`env -i ${commandOf(sandbox, program)} ${words} </dev/null`);
  const outcome = ({ code, stderr }: CommandResult) =>
    [code, stderr.trim()].filter((text) => text !== "").join(" ");
  const newest = async () =>
    (await sandbox.run(`ls -t ${backups}/${name}_*.sql.gz | head -n 1`)).stdout.trim();
  return {
    sandbox,
    configure,
    newest,
    backUp: (words = "--quiet") => run("backup_database", words),
    rehearse: () => run("rehearse_restore", "--quiet"),
    restore: (words) => run("restore_database", words),
    check: (words) => run("check_database_status", words),
    roundTrip: async () => {
      const backup = outcome(await run("backup_database", "--quiet"));
      const rehearsal = outcome(await run("rehearse_restore", "--quiet"));
      return {
        backup,
        rehearsal,
        restore: outcome(await run("restore_database", `--yes --quiet ${await newest()}`)),
      };
    },
  };
}
