import type { Settings } from "../../contract/settings.ts";
import {
  parseSurroundings,
  type Surroundings,
  surroundingsArguments,
  surroundingsFunction,
} from "../../contract/surroundings.ts";
import type { Observed, Unreadable } from "./observation.ts";
import { type LookOptions, lookByShell } from "./shell-look.ts";

/** Undefined if the settings, of an older version, lack the paths to look at. */
export async function observeSurroundings(
  { paths }: Settings,
  options: LookOptions,
): Promise<Observed<Surroundings> | Unreadable | undefined> {
  const { logRotation, installation } = paths;
  if (logRotation === undefined || installation === undefined) return undefined;
  const argv = surroundingsArguments({ ...paths, logRotation, installation });
  return lookByShell(`${surroundingsFunction}\nsurroundings "$@"`, argv, parseSurroundings, options);
}
