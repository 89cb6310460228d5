import { createHash } from "node:crypto";
import { buildSync } from "esbuild";
import { defaults } from "../../../infra/config/defaults.ts";
import { repository } from "../../../infra/local-machine/places.ts";
import { launcherText } from "../../../infra/server-files/launchers.ts";
import { buildPrograms } from "../../../scripts/build.ts";
import type { ProgramName } from "../../../scripts/contract/programs.ts";
import type { Settings } from "../../../scripts/contract/settings.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { settingsFile, settingsFor } from "../../server/programs.ts";
import { fill, type Size } from "./dataset.ts";
import { measureScript, measureScriptText } from "./measurement.ts";
import { putTools } from "./tools.ts";

const programs = [
  "backup_database",
  "check_database_status",
  "restore_database",
] as const satisfies readonly ProgramName[];
type Program = (typeof programs)[number];

/** What differs from the settings that a deployment writes unless it is told otherwise. */
const variants = {
  usual: {},
  rows: { manifest: "rows" },
  zstd: { zstdLevel: defaults.backups.compressionLevel },
} as const satisfies Record<string, Partial<Settings>>;
type Variant = keyof typeof variants;

/** A sandbox server with a database of some size, and our programs with launchers as a deployment writes them. */
export interface BenchmarkServer {
  sandbox: SandboxServer;
  settings: Settings;
  size: Size;
  /** What the database's tables take with their indexes. */
  databaseBytes: number;
  /** A directory on the server for what others leave. */
  directory: string;
  /** Starts a program with a shell's words, by the usual settings or by others. */
  command(program: Program, words?: string, variant?: Variant): string;
  /** A shell command that reads rows and hashes of every table as a backup does, and nothing else. */
  readContent: string;
  /** Runs a shell command that has to work, and gives what it printed. */
  succeed(command: string): Promise<string>;
  /** What every contestant finds: nothing of the one before, and nothing left to write to the disk. */
  tidy(): Promise<void>;
  remove(): Promise<void>;
}

const directory = "/root/benchmark";
const cronTable = "0 2 * * * root /root/backup_database.sh --quiet\n";
const contentReader = "/opt/benchmark/content_reader.cjs";
const bundlePath = (program: Program): string => `/opt/database-backups/programs/${program}.cjs`;
const launcherPath = (program: Program, variant: string): string =>
  variant === "usual" ? `/root/${program}.sh` : `/opt/benchmark/${program}_${variant}.sh`;

export async function startBenchmarkServer(size: Size): Promise<BenchmarkServer> {
  const sandbox = await startServer({ database: "empty" });
  try {
    const databaseBytes = await fill(sandbox, size);
    const settings = await install(sandbox);
    return serverOf(sandbox, settings, size, databaseBytes);
  } catch (error) {
    await sandbox.remove();
    throw error;
  }
}

async function install(sandbox: SandboxServer): Promise<Settings> {
  await putTools(sandbox);
  await sandbox.writeFile(measureScript, measureScriptText);
  const common = settingsFor(sandbox);
  const cronTableSha256 = createHash("sha256").update(cronTable).digest("hex");
  const settings = { ...common, schedule: { ...common.schedule, cronTableSha256 } };
  await sandbox.writeFile(settings.paths.cronTable, cronTable);
  const bundles = buildPrograms(undefined, programs);
  for (const [index, program] of programs.entries())
    await sandbox.writeFile(bundlePath(program), bundles[index]?.text ?? "");
  for (const [variant, changed] of Object.entries(variants)) {
    const path = variant === "usual" ? settingsFile : `/opt/benchmark/${variant}.json`;
    await sandbox.writeFile(path, JSON.stringify({ ...settings, ...changed }), "0600");
    for (const program of programs) {
      const launched = { node: sandbox.node, bundle: bundlePath(program), settings: path };
      await sandbox.writeFile(launcherPath(program, variant), launcherText(launched), "0700");
    }
  }
  await sandbox.writeFile(contentReader, builtContentReader());
  return settings;
}

function builtContentReader(): string {
  const { outputFiles } = buildSync({
    absWorkingDir: repository,
    entryPoints: ["test/benchmark/database/content-reader.ts"],
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

function serverOf(
  sandbox: SandboxServer,
  settings: Settings,
  size: Size,
  databaseBytes: number,
): BenchmarkServer {
  const succeed = async (command: string) => {
    const { code, stdout, stderr } = await sandbox.run(command);
    if (code !== 0) throw new Error(`${command} exited ${code}: ${stderr}`);
    return stdout.trim();
  };
  return {
    sandbox,
    settings,
    size,
    databaseBytes,
    directory,
    command: (program, words = "", variant = "usual") => `${launcherPath(program, variant)} ${words}`.trim(),
    readContent: `${sandbox.node} ${contentReader}`,
    succeed,
    tidy: async () => {
      await dropOthers(sandbox);
      const { backups } = settings.paths;
      await succeed(`rm -rf ${directory} ${backups} && mkdir -m 0700 ${directory} ${backups}`);
      await sandbox.psql("checkpoint");
      await succeed("sync");
    },
    remove: () => sandbox.remove(),
  };
}

/** Drops what restores have made and kept. */
async function dropOthers(sandbox: SandboxServer): Promise<void> {
  const others = `datname not in ('postgres', '${sandbox.database}') and not datistemplate`;
  const names = await sandbox.psql(`select datname from pg_database where ${others}`, "template1");
  for (const name of names.split("\n").filter((line) => line !== ""))
    await sandbox.psql(`drop database "${name}" with (force)`, "template1");
}
