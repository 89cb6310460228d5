import { sameRecord } from "../file/plan.ts";
import type { Found, Observation } from "../observation.ts";
import { samePermissions } from "../permissions.ts";
import type { PathRecord } from "../records.ts";
import { type Permissions, type Plan, plan, type Step } from "../steps.ts";

export interface DesiredDirectory {
  path: string;
  permissions: Permissions;
  record: PathRecord;
  /** Directories into which not everybody may write. */
  keepsClosed?: readonly string[] | undefined;
}

/**
 * Directories that are to be closed come first, before anything is put below them; the step looks by itself. Then:
 * nothing there: it is made. A directory: its permissions are set. A file is moved to the kept things first; anything
 * else is refused before (`directoryConflict`).
 */
export function planDirectory({ found, record }: Observation, desired: DesiredDirectory): Plan {
  const closing = (desired.keepsClosed ?? []).map((path): Step => ({ do: "close-directory", path }));
  const steps = [...closing, ...directorySteps(found, desired)];
  if (!sameRecord(record, desired.record)) steps.push({ do: "write-record", record: desired.record });
  return plan(steps, `${desired.path} is already as desired`);
}

function directorySteps(found: Found, { path, permissions }: DesiredDirectory): Step[] {
  const make: Step = { do: "make-directory", path, permissions };
  if (found.kind === "absent") return [make];
  if (found.kind !== "directory") return [{ do: "keep", path, by: "move" }, make];
  return samePermissions(found.attributes, permissions) ? [] : [{ do: "set-permissions", path, permissions }];
}

/**
 * Why a directory cannot be put where something else lies, or null. A link leads to somebody's data, or to where ours
 * was moved, and a new directory in its place would hide that.
 */
export function directoryConflict({ path, found }: Observation): string | null {
  if (found.kind !== "other") return null;
  return `${path} is ${found.type}, which this deployment did not make`;
}

/** Removed only when it is empty, so that no backup is ever deleted; the script looks. */
export function planDirectoryRemoval({ path, found, record }: Observation, urn: string): Plan {
  if (record?.urn !== urn) return plan([], `${path} no longer belongs to this resource`);
  const drop: Step = { do: "drop-record", path };
  if (found.kind === "absent") return plan([drop], "");
  if (found.kind !== "directory") {
    return plan([drop], "", [`${path} is no longer a directory and is left as it is [DBK-CHANGE-4]`]);
  }
  return plan([{ do: "remove-directory", path }, drop], "");
}
