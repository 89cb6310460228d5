import type { Settings } from "../../contract/settings.ts";
import {
  parseSurroundings,
  type Surroundings,
  surroundingsArguments,
  surroundingsFunction,
} from "../../contract/surroundings.ts";
import { messageOf } from "../base/errors.ts";
import { runChild } from "../system/child.ts";
import type { Looked } from "./observation.ts";

/** Undefined where the settings, of an older version, do not say enough to look. */
export async function observeSurroundings(
  { paths }: Settings,
  options: { timeoutSeconds: number; signal: AbortSignal },
): Promise<Looked<Surroundings> | undefined> {
  const { logRotation, installation } = paths;
  if (logRotation === undefined || installation === undefined) return undefined;
  const script = `${surroundingsFunction}\nsurroundings "$@"`;
  try {
    const argv = ["-c", script, "sh", ...surroundingsArguments({ ...paths, logRotation, installation })];
    const { code, stdout } = await runChild("sh", argv, options);
    const value = parseSurroundings(stdout);
    if (value === null) return { seen: false, reason: `the search broke off with status ${code}` };
    return { seen: true, value };
  } catch (error) {
    options.signal.throwIfAborted();
    return { seen: false, reason: messageOf(error) };
  }
}
