import { createHash } from "node:crypto";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import { StatusReport } from "../../scripts/contract/status-report.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";
import { backups, commandOf, putPrograms, settingsFile, settingsFor } from "./programs.ts";

type Points = StatusReport["databases"][number]["points"];

/** A sandbox server with the status check, a cron table and a fresh backup, installed without a deployment. */
export interface StatusServer {
  sandbox: SandboxServer;
  settings: Settings;
  /** The shell command that runs the status check. */
  command: string;
  check(words?: string): Promise<CommandResult>;
  /** The result of `--json`, parsed with the report's schema. */
  report(words?: string): Promise<StatusReport>;
  /** The exit code and output of `--quiet`. */
  problems(): Promise<Pick<CommandResult, "code" | "stdout">>;
  /** A point of its database in the report. */
  pointOf(point: keyof Points): Promise<Points[keyof Points] | undefined>;
  backUp(): Promise<CommandResult>;
  /** Writes the settings file with changed settings. */
  configure(change: Partial<Settings>): Promise<void>;
}

export { backups, name, settingsFile } from "./programs.ts";
export const cronTable = "0 2 * * * root /root/backup_database.sh --quiet\n";

export async function startStatusServer(options: SandboxOptions = {}): Promise<StatusServer> {
  const sandbox = await startServer(options);
  await putPrograms(sandbox, ["backup_database", "check_database_status"]);
  const common = settingsFor(sandbox);
  const cronTableSha256 = createHash("sha256").update(cronTable).digest("hex");
  const settings = { ...common, schedule: { ...common.schedule, cronTableSha256 } };
  const configure = (change: Partial<Settings>) =>
    sandbox.writeFile(settingsFile, JSON.stringify({ ...settings, ...change }), "0600");
  await configure({});
  await sandbox.writeFile(settings.paths.cronTable, cronTable, "0644");
  await sandbox.run(`mkdir -p -m 0700 ${backups}`);
  const command = commandOf(sandbox, "check_database_status");
  const check = (words = "") => sandbox.run(`${command} ${words}`);
  const report = async (words = "") => {
    const { stdout, stderr } = await check(`--json ${words}`);
    if (stdout === "") throw new Error(stderr);
    return StatusReport.parse(JSON.parse(stdout));
  };
  return {
    sandbox,
    settings,
    command,
    check,
    configure,
    report,
    problems: async () => {
      const { code, stdout } = await check("--quiet");
      return { code, stdout };
    },
    pointOf: async (point) => (await report()).databases[0]?.points[point],
    backUp: () => sandbox.run(`${commandOf(sandbox, "backup_database")} --quiet`),
  };
}
