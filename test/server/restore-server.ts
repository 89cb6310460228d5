import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import { propertiesQuery } from "../../scripts/lib/postgres/properties.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";
import { backups, commandOf, putPrograms, settingsFile, settingsFor } from "./programs.ts";

/** A sandbox server with the programs for backups and restores, installed without a deployment. */
export interface RestoreServer {
  sandbox: SandboxServer;
  settings: Settings;
  /** Runs `backup_database`. @returns the path of the archive */
  backUp(): Promise<string>;
  /** Runs `restore_database` with shell words, after the words of `before` (environment, wrapper). */
  restore(words: string, before?: string): Promise<CommandResult>;
  /** The shell command that starts `restore_database`. */
  command: string;
  /** A hash of everything in a database that a restore must bring back. */
  hash(database?: string): Promise<string>;
  /** The names of all databases except the templates and `postgres`. */
  databases(): Promise<string[]>;
  log(): Promise<string>;
  remove(): Promise<void>;
}

export { backups, name } from "./programs.ts";

export async function startRestoreServer(options: SandboxOptions = {}): Promise<RestoreServer> {
  const sandbox = await startServer(options);
  await putPrograms(sandbox, ["backup_database", "restore_database"]);
  const settings = settingsFor(sandbox);
  await sandbox.writeFile(settingsFile, JSON.stringify(settings), "0600");
  await sandbox.run(`mkdir -p ${backups}`);
  const command = commandOf(sandbox, "restore_database");
  return {
    sandbox,
    settings,
    command,
    backUp: async () => {
      const result = await sandbox.run(`${commandOf(sandbox, "backup_database")} --quiet`);
      if (result.code !== 0) throw new Error(result.stderr);
      const newest = await sandbox.run(`ls -t ${backups}/*.sql.gz | head -n 1`);
      return newest.stdout.trim();
    },
    restore: (words, before = "") => sandbox.run(`${before} ${command} ${words} </dev/null`),
    hash: (database = sandbox.database) => hashOf(sandbox, database),
    databases: async () => {
      const rows = await sandbox.psql(
        "select datname from pg_database where not datistemplate and datname <> 'postgres' order by 1",
        "template1",
      );
      return rows.split("\n").filter((row) => row !== "");
    },
    log: () => sandbox.readFile(settings.paths.log),
    remove: () => sandbox.remove(),
  };
}

/**
 * The dump's text without its random key, and the properties of the database that a dump does not have.
 */
async function hashOf(sandbox: SandboxServer, database: string): Promise<string> {
  const properties = await sandbox.psql(propertiesQuery(database), "template1");
  const dump = `docker exec ${sandbox.container} pg_dump -U ${sandbox.databaseUser} '${database}'`;
  const dumped = await sandbox.run(
    `${dump} >/tmp/dump.sql && grep -vE '^.(un)?restrict ' /tmp/dump.sql | sha256sum`,
  );
  if (dumped.code !== 0) throw new Error(dumped.stderr);
  return `${dumped.stdout.trim()} ${properties}`;
}
