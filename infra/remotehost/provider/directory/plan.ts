import { sameRecord } from "../file/plan.ts";
import type { Found, Observation } from "../observation.ts";
import { samePermissions } from "../permissions.ts";
import type { PathRecord } from "../records.ts";
import { type Permissions, type Plan, plan, type Step } from "../steps.ts";

export interface DesiredDirectory {
  path: string;
  permissions: Permissions;
  record: PathRecord;
  /** Directories that must not be world-writable. */
  keepsClosed?: readonly string[] | undefined;
}

/**
 * First, world write permission is removed from `openDirectories`, before anything is put below them; the step checks
 * by itself. Then: a missing directory is created. An existing one gets its permissions. A file is moved to the kept
 * files first. Anything else is refused before (`directoryConflict`).
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
 * Why a directory cannot be created in place of something else, or null. A link may lead to another user's data, or to
 * the place where ours was moved, and a new directory would hide that.
 */
export function directoryConflict({ path, found }: Observation): string | null {
  if (found.kind !== "other") return null;
  return `${path} is ${found.type}, which this deployment did not make`;
}

/** Removed only if it is empty, which the script checks, so that no backup is ever deleted. */
export function planDirectoryRemoval({ path, found, record }: Observation, urn: string): Plan {
  if (record?.urn !== urn) return plan([], `${path} no longer belongs to this resource`);
  const drop: Step = { do: "drop-record", path };
  if (found.kind === "absent") return plan([drop], "");
  if (found.kind !== "directory") {
    return plan([drop], "", [`${path} is no longer a directory and is left as it is [DBK-CHANGE-4]`]);
  }
  return plan([{ do: "remove-directory", path }, drop], "");
}
