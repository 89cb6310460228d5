import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import { quote } from "../../scripts/contract/quoting.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import { propertiesQuery } from "../../scripts/lib/postgres/properties.ts";
import { tryDocker } from "../sandbox/docker.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";
import { commandOf, namesIn, putPrograms, settingsFile, settingsFor } from "../server/programs.ts";
import type { Audit } from "./audit.ts";

const programs = [
  "backup_database",
  "check_database_status",
  "rehearse_restore",
  "restore_database",
] as const;
export type FaultProgram = (typeof programs)[number];

const auditScript = "/opt/test/audit.mjs";

/** The files of a healthy server for cron, without entries. */
export const cronTable = "0 2 * * * root /root/backup_database.sh --quiet\n";

/** A server with the programs and some good backups, on which faults are provoked. */
export interface FaultServer {
  sandbox: SandboxServer;
  /** The docker command for the daemon of the database's container. */
  docker: (argv: readonly string[]) => Promise<CommandResult>;
  settings: Settings;
  /** The database's key in the settings. It differs for each server and is in the names of throw-away containers. */
  name: string;
  /** The directory of the backups. */
  directory: string;
  /** The paths of the archives before any fault, oldest first. */
  archives: readonly string[];
  /** The sha256 of each of their files. */
  older: Readonly<Record<string, string>>;
  /** The shell command that starts a program with cron's environment and these shell assignments. */
  command(program: FaultProgram, words?: string, environment?: string): string;
  run(program: FaultProgram, words?: string, environment?: string): Promise<CommandResult>;
  configure(settings: Settings): Promise<void>;
  /** The audit of `directory`, or of another one. */
  audit(directory?: string): Promise<Audit>;
  /** A hash of a whole database: the text of its dump and its properties. */
  content(database?: string): Promise<string>;
  /** The names of all databases except the templates and `postgres`. */
  databases(): Promise<string[]>;
  log(): Promise<string>;
  /** The entries of the directories for temporary files, on the server and in the database's container. */
  temporary(): Promise<string>;
  /** Takes the present backups as those before any fault. */
  keep(): Promise<void>;
  /** Removes the results of runs since then: backups, and the databases that restores kept. */
  reset(): Promise<void>;
  remove(): Promise<void>;
}

export interface FaultServerOptions extends SandboxOptions {
  /** SQL for the live database's content at each of the first backups. The last content stays live. */
  states?: readonly string[];
  /** The parts of the live database that its dump lacks, or has in another form after a restore. */
  compared?: Compared;
  /** Changes of the settings before the first backup. */
  settings?: (settings: Settings) => Settings;
}

export interface Compared {
  /** Tables whose rows pg_dump must leave out. */
  withoutRowsOf: string;
  /** SQL whose result is compared instead. */
  rows: string;
}

export async function startFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const { states = ["", ""], settings: change = (same) => same, compared, ...sandboxOptions } = options;
  const sandbox = await startServer(sandboxOptions);
  await putPrograms(sandbox, programs);
  // Stripping the types takes Node longer, each time, than all the rest.
  const audit = readFileSync(join(import.meta.dirname, "audit.ts"), "utf8");
  await sandbox.writeFile(auditScript, transformSync(audit, { loader: "ts" }).code);
  const name = `faulted_${sandbox.number}`;
  const usual = settingsFor(sandbox);
  const cronTableSha256 = createHash("sha256").update(cronTable).digest("hex");
  const settings = change({
    ...usual,
    schedule: { ...usual.schedule, cronTableSha256 },
    databases: usual.databases.map((database) => ({ ...database, name })),
  });
  const directory = settings.paths.backups;
  const server: FaultServer = {
    sandbox,
    docker: tryDocker,
    settings,
    name,
    directory,
    archives: [],
    older: {},
    command: (program, words = "", environment = "") =>
      `env -i ${environment} ${commandOf(sandbox, program)} ${words}`,
    run: (program, words, environment) =>
      sandbox.run(`cd / && ${server.command(program, words, environment)} </dev/null`),
    configure: (changed) => sandbox.writeFile(settingsFile, JSON.stringify(changed), "0600"),
    audit: async (of = directory) =>
      JSON.parse(await succeed(sandbox, `${sandbox.node} ${auditScript} ${quote(of)}`)),
    content: (database = sandbox.database) => contentOf(sandbox, database, compared),
    databases: async () => {
      const names = await sandbox.psql(
        "select coalesce(json_agg(datname order by datname), '[]') from pg_database where not datistemplate and datname <> 'postgres'",
        "template1",
      );
      return JSON.parse(names);
    },
    log: () => sandbox.readFile(settings.paths.log),
    temporary: () => succeed(sandbox, `ls -A /tmp; docker exec ${sandbox.container} ls -A /tmp`),
    keep: () => keep(server),
    reset: () => reset(server),
    remove: () => sandbox.remove(),
  };
  await server.configure(settings);
  await sandbox.writeFile(settings.paths.cronTable, cronTable, "0644");
  for (const state of states) {
    if (state !== "") await sandbox.psql(state);
    const result = await server.run("backup_database", "--quiet");
    if (result.code !== 0) throw new Error(`the first backups fail: ${result.stderr}`);
  }
  await server.keep();
  return server;
}

async function keep(server: FaultServer): Promise<void> {
  server.older = (await server.audit()).files;
  server.archives = Object.keys(server.older)
    .filter((file) => /\.sql\.(gz|zst)$/.test(file))
    .sort()
    .map((file) => `${server.directory}/${file}`);
}

/** Runs a shell command on the server. It must succeed. */
export async function succeed(sandbox: SandboxServer, command: string): Promise<string> {
  const { code, stdout, stderr } = await sandbox.run(command);
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

/**
 * The dump's text without its random key, and the properties of the database that a dump does not have.
 */
async function contentOf(sandbox: SandboxServer, database: string, compared?: Compared): Promise<string> {
  const target = `dbname='${database.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const properties = await sandbox.psql(propertiesQuery(database), "template1");
  const without = compared === undefined ? "" : ` --exclude-table-data=${quote(compared.withoutRowsOf)}`;
  const dump = `docker exec ${sandbox.container} pg_dump -U ${sandbox.databaseUser}${without} -d ${quote(target)}`;
  const rows = compared === undefined ? "" : await sandbox.psql(compared.rows, database);
  const digest = await succeed(
    sandbox,
    `set -e; f=$(mktemp /opt/test/dump.XXXXXX); trap 'rm "$f"' EXIT; ${dump} >"$f"; grep -vE '^.(un)?restrict ' "$f" | sha256sum`,
  );
  return `${digest.trim()} ${properties}${rows}`;
}

async function reset({ sandbox, directory, older, databases }: FaultServer): Promise<void> {
  const files = await succeed(sandbox, `ls -A ${quote(directory)}`);
  const made = namesIn(files).filter((file) => older[file] === undefined);
  if (made.length > 0) {
    await succeed(sandbox, `cd ${quote(directory)} && rm -rf -- ${made.map(quote).join(" ")}`);
  }
  for (const database of await databases()) {
    if (!/_previous_\d{8}T\d{6}-/.test(database)) continue;
    await sandbox.psql(`drop database "${database.replaceAll('"', '""')}"`, "template1");
  }
}
