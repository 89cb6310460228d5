import { execFile } from "node:child_process";
import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

/**
 * Whether the plugin of @pulumi/command is available. An invoke cannot test that: a plugin that cannot be downloaded
 * fails the whole preview, not only the invoke. So this looks where the engine looks, and otherwise makes the CLI
 * download the plugin as the engine would.
 */

export const commandPluginVersion = "1.2.1";
export const installCommand = `pulumi plugin install resource command ${commandPluginVersion}`;

const executable = "pulumi-resource-command";
const downloadTimeoutMs = 60_000;
/** After a failed download the next previews skip the plugin, so that offline work is not slow each time. */
const retryAfterMs = 3_600_000;
const failureMark = join(dirname(dirname(import.meta.dirname)), ".cache", "command-plugin-unavailable");

type Environment = Readonly<Record<string, string | undefined>>;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether the plugin is on PATH or among the installed ones. */
export function isCommandPluginInstalled(environment: Environment = process.env): boolean {
  const home = environment.PULUMI_HOME || join(homedir(), ".pulumi");
  const installed = join(home, "plugins", `resource-command-v${commandPluginVersion}`);
  const directories = [...(environment.PATH ?? "").split(delimiter).filter((path) => path !== ""), installed];
  return directories.some((directory) => isExecutable(join(directory, executable)));
}

function failedLately(mark: string): boolean {
  try {
    return Date.now() - statSync(mark).mtimeMs < retryAfterMs;
  } catch {
    return false;
  }
}

async function download(mark: string, environment: Environment): Promise<boolean> {
  const [program = "", ...words] = installCommand.split(" ");
  try {
    await promisify(execFile)(program, words, { timeout: downloadTimeoutMs, env: { ...environment } });
    rmSync(mark, { force: true });
    return true;
  } catch {
    mkdirSync(dirname(mark), { recursive: true });
    writeFileSync(mark, "");
    return false;
  }
}

/** Whether the plugin is there, or could be downloaded; never throws. */
export async function commandPluginAvailable(
  environment: Environment = process.env,
  mark: string = failureMark,
): Promise<boolean> {
  if (isCommandPluginInstalled(environment)) return true;
  const mayDownload = !/^(1|true)$/i.test(environment.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION ?? "");
  return mayDownload && !failedLately(mark) && (await download(mark, environment));
}
