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

/** What cron reads of a server that is well; nothing is there to be run by it. */
export const cronTable = "0 2 * * * root /root/backup_database.sh --quiet\n";

/** A server with the programs and some good backups, on which faults are made to happen. */
export interface FaultServer {
  sandbox: SandboxServer;
  /** The command of the daemon that has the database's container. */
  docker: (argv: readonly string[]) => Promise<CommandResult>;
  settings: Settings;
  /** The database's key in the settings; throw-away containers bear it, and every server has its own. */
  name: string;
  /** The directory that holds the backups. */
  directory: string;
  /** The archives that were there before any fault, oldest first, as paths. */
  archives: readonly string[];
  /** Every file that belongs to them, with its sha256. */
  older: Readonly<Record<string, string>>;
  /** The shell command that starts a program with cron's environment. `environment` is a shell's assignments. */
  command(program: FaultProgram, words?: string, environment?: string): string;
  run(program: FaultProgram, words?: string, environment?: string): Promise<CommandResult>;
  configure(settings: Settings): Promise<void>;
  /** Of `directory`, or of another one. */
  audit(directory?: string): Promise<Audit>;
  /** One hash of everything that a database is: its dump's text and its properties. */
  content(database?: string): Promise<string>;
  /** Names of all databases but the templates and `postgres`. */
  databases(): Promise<string[]>;
  log(): Promise<string>;
  /** What is in the directories for temporary files, on the server and in the database's container. */
  temporary(): Promise<string>;
  /** Takes the backups that are there as those that were there before any fault. */
  keep(): Promise<void>;
  /** Takes away what runs have made since: backups, and the databases that restores kept. */
  reset(): Promise<void>;
  remove(): Promise<void>;
}

export interface FaultServerOptions extends SandboxOptions {
  /** SQL for what the live database holds at each of the first backups; the last stays live. */
  states?: readonly string[];
  /** What of the live database the dump's text does not tell, or tells in another way after a restore. */
  compared?: Compared;
  /** Changes to the settings, made before the first backup. */
  settings?: (settings: Settings) => Settings;
}

export interface Compared {
  /** Tables whose rows pg_dump is to leave out. */
  withoutRowsOf: string;
  /** SQL that gives what is compared instead. */
  rows: string;
}

export async function startFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const { states = ["", ""], settings: change = (same) => same, compared, ...sandboxOptions } = options;
  const sandbox = await startServer(sandboxOptions);
  await putPrograms(sandbox, programs);
  // Node takes longer to strip the types, each time, than all the rest does.
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

/** Runs a shell command on the server that has to work. */
export async function succeed(sandbox: SandboxServer, command: string): Promise<string> {
  const { code, stdout, stderr } = await sandbox.run(command);
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

/**
 * The dump's text without its random key, and what a dump does not hold: what the database is apart from its content.
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
