import type { CommandResult } from "../../infra/local-machine/command.ts";
import { parseRecord, type RehearsalRecord } from "../../scripts/contract/rehearsal-record.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import { tryDocker } from "../sandbox/docker.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";
import { backups, commandOf, namesIn, putPrograms, settingsFile, settingsFor } from "./programs.ts";

/** A sandbox server with the programs for backups and rehearsals, installed without a deployment. */
export interface RehearsalServer {
  sandbox: SandboxServer;
  settings: Settings;
  /** Runs `backup_database`. @returns the path of the archive */
  backUp(): Promise<string>;
  /** Runs `rehearse_restore` with shell words. */
  rehearse(words?: string): Promise<CommandResult>;
  /** The shell command that starts `rehearse_restore` with cron's empty environment. */
  command: string;
  configure(changed: Partial<Settings>): Promise<void>;
  /** The record beside an archive. */
  record(archive: string): Promise<RehearsalRecord>;
  /** The hidden files in the backups directory, without the run records. */
  hidden(): Promise<string[]>;
  /** The ids of the remaining containers of this server's rehearsals. */
  containers(): Promise<string[]>;
  /** The names of all databases except the templates and `postgres`. */
  databases(): Promise<string[]>;
  log(): Promise<string>;
  remove(): Promise<void>;
}

export { backups, name } from "./programs.ts";

/** The sandboxes share Docker. A configured name per sandbox identifies this server's containers. */
export const databaseKey = (number: number): string => `rehearsed_${number}`;

export async function startRehearsalServer(options: SandboxOptions = {}): Promise<RehearsalServer> {
  const sandbox = await startServer(options);
  await putPrograms(sandbox, ["backup_database", "rehearse_restore"]);
  const made = settingsFor(sandbox);
  const settings = {
    ...made,
    databases: made.databases.map((database) => ({ ...database, name: databaseKey(sandbox.number) })),
  };
  const configure = (changed: Partial<Settings>) =>
    sandbox.writeFile(settingsFile, JSON.stringify({ ...settings, ...changed }), "0600");
  await configure({});
  const command = `env -i ${commandOf(sandbox, "rehearse_restore")}`;
  const lines = (text: string) => text.split("\n").filter((line) => line !== "");
  return {
    sandbox,
    settings,
    command,
    configure,
    backUp: async () => {
      const result = await sandbox.run(`${commandOf(sandbox, "backup_database")} --quiet`);
      if (result.code !== 0) throw new Error(result.stderr);
      return (
        await sandbox.run(`ls -t ${backups}/*.sql.gz ${backups}/*.sql.zst 2>/dev/null | head -n 1`)
      ).stdout.trim();
    },
    rehearse: (words = "") => sandbox.run(`exec ${command} ${words}`),
    record: async (archive) => {
      const path = archive.replace(/\.sql\.(gz|zst)$/, ".rehearsal.json");
      return parseRecord(await sandbox.readFile(path));
    },
    hidden: async () => namesIn((await sandbox.run(`ls -A ${backups} | grep '^[.]'`)).stdout),
    containers: async () => {
      const filter = `label=database-backups.rehearsal=${databaseKey(sandbox.number)}`;
      return lines((await tryDocker(["ps", "--all", "--quiet", "--filter", filter])).stdout);
    },
    databases: async () =>
      lines(
        await sandbox.psql(
          "select datname from pg_database where not datistemplate and datname <> 'postgres' order by 1",
          "template1",
        ),
      ),
    log: () => sandbox.readFile(settings.paths.log),
    remove: () => sandbox.remove(),
  };
}
