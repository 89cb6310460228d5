import * as z from "zod/mini";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import { Manifest } from "../../scripts/contract/manifest.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";
import {
  commandOf,
  backups as directory,
  namesIn,
  putPrograms,
  settingsFile,
  settingsFor,
} from "./programs.ts";

/** A sandbox server with backup_database, installed without a deployment. */
export interface BackupServer {
  sandbox: SandboxServer;
  settings: Settings;
  /** The shell command that starts backup_database with cron's empty environment. */
  command: string;
  /** Runs it. `words` are shell words. */
  backUp(words?: string): Promise<CommandResult>;
  configure(settings: Settings): Promise<void>;
  /** The sorted names in the backups directory, including hidden ones, without the run records. */
  files(): Promise<string[]>;
  manifest(archive: string): Promise<Manifest>;
  log(): Promise<string>;
  /** Restores an archive with stock tools into a new database. @returns the name of the database */
  restoreByStockTools(archive: string): Promise<string>;
  /** Sessions in PostgreSQL with an application name of ours. */
  sessions(): Promise<number>;
  remove(): Promise<void>;
}

export { backups as directory, name } from "./programs.ts";

export async function startBackupServer(options: SandboxOptions = {}): Promise<BackupServer> {
  const sandbox = await startServer(options);
  await putPrograms(sandbox, ["backup_database"]);
  const settings = settingsFor(sandbox);
  const configure = (changed: Settings) => sandbox.writeFile(settingsFile, JSON.stringify(changed), "0600");
  await configure(settings);
  const command = `env -i ${commandOf(sandbox, "backup_database")}`;
  const archivePath = (archive: string) => `${directory}/${archive}`;
  return {
    sandbox,
    settings,
    command,
    configure,
    backUp: (words = "") => sandbox.run(`${command} ${words}`),
    files: async () => {
      const { stdout } = await sandbox.run(`ls -A ${directory}`);
      return namesIn(stdout);
    },
    manifest: async (archive) => {
      const path = archivePath(archive).replace(/\.sql\.(gz|zst)$/, ".json");
      return z.parse(Manifest, JSON.parse(await sandbox.readFile(path)));
    },
    log: () => sandbox.readFile(settings.paths.log),
    restoreByStockTools: async (archive) => {
      const database = `restored_${archive.replace(/\D/g, "")}`;
      await sandbox.psql(`CREATE DATABASE ${database} TEMPLATE template0`);
      const psql = `psql -X -q -v ON_ERROR_STOP=1 -U ${sandbox.databaseUser} -d ${database}`;
      const text = archive.endsWith(".zst")
        ? `docker exec -i ${sandbox.container} zstd -dc <${archivePath(archive)}`
        : `gunzip -c ${archivePath(archive)}`;
      const pipe = `${text} | docker exec -i ${sandbox.container} ${psql}`;
      const { code, stderr } = await sandbox.run(pipe);
      if (code !== 0) throw new Error(stderr);
      return database;
    },
    sessions: async () =>
      Number(
        await sandbox.psql(
          "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'database-backups/%'",
        ),
      ),
    remove: () => sandbox.remove(),
  };
}
