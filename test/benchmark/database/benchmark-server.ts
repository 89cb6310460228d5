import { createHash } from "node:crypto";
import { defaults } from "../../../infra/config/defaults.ts";
import { launcherText } from "../../../infra/server-files/launchers.ts";
import type { ProgramName } from "../../../scripts/contract/programs.ts";
import type { Settings } from "../../../scripts/contract/settings.ts";
import { formatBytes } from "../../../scripts/lib/base/format.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { type Checkout, thisCheckout } from "../checkout.ts";
import { fill, type Size } from "./dataset.ts";
import { measureScript, measureScriptText } from "./measurement.ts";
import { putTools } from "./tools.ts";

const programs = [
  "backup_database",
  "check_database_status",
  "restore_database",
] as const satisfies readonly ProgramName[];
type Program = (typeof programs)[number];

/** The default differences from the settings of a deployment. */
const variants = {
  usual: {},
  rows: { manifest: "rows" },
  zstd: { zstdLevel: defaults.backups.compressionLevel },
} as const satisfies Record<string, Partial<Settings>>;
type Variant = keyof typeof variants;

/** Starts a program with shell words and the usual or other settings. */
export type Command = (program: Program, words?: string, variant?: Variant) => string;

/** A sandbox server with a database of a given size, and our programs with launchers like a deployment's. */
export interface BenchmarkServer {
  sandbox: SandboxServer;
  size: Size;
  /** The size of the database's tables with their indexes. */
  databaseBytes: number;
  /** A directory on the server for the results of other tools. */
  directory: string;
  /** The directory of the backups. */
  backups: string;
  /** The programs of this checkout. */
  command: Command;
  /** Installs the programs of another checkout as well. */
  install(checkout: Checkout): Promise<Command>;
  /** Runs a shell command that must succeed. @returns its output */
  succeed(command: string): Promise<string>;
  /** Creates the same start for every contestant: no results of the one before, and no pending writes. */
  tidy(): Promise<void>;
  remove(): Promise<void>;
}

/** The database of a contest. */
export const placeText = ({ databaseBytes }: Pick<BenchmarkServer, "databaseBytes">): string =>
  `A database whose tables take ${formatBytes(databaseBytes)} with their indexes.`;

const directory = "/root/benchmark";
const cronTable = "0 2 * * * root /root/backup_database.sh --quiet\n";

export async function startBenchmarkServer(size: Size): Promise<BenchmarkServer> {
  const sandbox = await startServer({ database: "empty" });
  try {
    const databaseBytes = await fill(sandbox, size);
    await putTools(sandbox);
    await sandbox.writeFile(measureScript, measureScriptText);
    const { command, backups } = await installed(sandbox, thisCheckout);
    return serverOf(sandbox, size, databaseBytes, command, backups);
  } catch (error) {
    await sandbox.remove();
    throw error;
  }
}

/** Installs a checkout's programs, settings and launchers in a directory on the server. */
async function installed(
  sandbox: SandboxServer,
  { name, buildPrograms, settingsFor }: Checkout,
): Promise<{ command: Command; backups: string }> {
  const place = `/opt/benchmark/${name}`;
  const common = settingsFor(sandbox);
  const cronTableSha256 = createHash("sha256").update(cronTable).digest("hex");
  const settings = { ...common, schedule: { ...common.schedule, cronTableSha256 } };
  await sandbox.writeFile(settings.paths.cronTable, cronTable);
  for (const { name: program, text } of await buildPrograms(undefined, programs))
    await sandbox.writeFile(`${place}/${program}.cjs`, text);
  for (const [variant, changed] of Object.entries(variants)) {
    const path = `${place}/${variant}.json`;
    await sandbox.writeFile(path, JSON.stringify({ ...settings, ...changed }), "0600");
    for (const program of programs) {
      const launched = { node: sandbox.node, bundle: `${place}/${program}.cjs`, settings: path };
      await sandbox.writeFile(`${place}/${program}_${variant}.sh`, launcherText(launched), "0700");
    }
  }
  return {
    command: (program, words = "", variant = "usual") => `${place}/${program}_${variant}.sh ${words}`.trim(),
    backups: settings.paths.backups,
  };
}

function serverOf(
  sandbox: SandboxServer,
  size: Size,
  databaseBytes: number,
  command: Command,
  backups: string,
): BenchmarkServer {
  const succeed = async (line: string) => {
    const { code, stdout, stderr } = await sandbox.run(line);
    if (code !== 0) throw new Error(`${line} exited ${code}: ${stderr}`);
    return stdout.trim();
  };
  return {
    sandbox,
    size,
    databaseBytes,
    directory,
    backups,
    command,
    install: async (checkout) => (await installed(sandbox, checkout)).command,
    succeed,
    tidy: async () => {
      await dropOthers(sandbox);
      await succeed(`rm -rf ${directory} ${backups} && mkdir -m 0700 ${directory} ${backups}`);
      await sandbox.psql("checkpoint");
      await succeed("sync");
    },
    remove: () => sandbox.remove(),
  };
}

/** Drops the databases that restores created and kept. */
async function dropOthers(sandbox: SandboxServer): Promise<void> {
  const others = `datname not in ('postgres', '${sandbox.database}') and not datistemplate`;
  const names = await sandbox.psql(`select datname from pg_database where ${others}`, "template1");
  for (const name of names.split("\n").filter((line) => line !== ""))
    await sandbox.psql(`drop database "${name}" with (force)`, "template1");
}
