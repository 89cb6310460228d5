import { readFileSync } from "node:fs";
import { Settings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";

/** The settings file could not be read or is not one of ours. `path` is the file; `cause` the reason. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly path: string;
  constructor(path: string, reason: string, cause?: unknown) {
    super(`the settings ${path} cannot be used: ${reason}; run: pulumi up [DBK-SETTINGS-1]`, { cause });
    this.path = path;
  }
}

/**
 * Reads and checks the settings file.
 * @throws SettingsError with every problem and its path in the file.
 */
export function readSettings(path: string): Settings {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new SettingsError(path, messageOf(error), error);
  }
  const result = Settings.safeParse(parsed);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw new SettingsError(path, problems.join("; "), result.error);
}
