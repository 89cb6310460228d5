import { stackOf } from "../../identity.ts";
import type { Found, Observation } from "../observation.ts";
import { samePermissions } from "../permissions.ts";
import type { PathRecord } from "../records.ts";
import { type Permissions, type Plan, plan, type Step } from "../steps.ts";

export interface DesiredFile {
  path: string;
  sha256: string;
  permissions: Permissions;
  record: PathRecord;
}

/**
 * | found | steps | | nothing | write | | the desired bytes | permissions, where they differ | | bytes that we last
 * wrote | write | | other bytes | keep a copy, write | | a directory, a link, … | move it to the kept things, write |
 *
 * and in every row the record, if it does not yet describe the new file.
 */
export function planFile({ found, record }: Observation, desired: DesiredFile): Plan {
  const steps = [...contentSteps(found, record, desired)];
  if (!sameRecord(record, desired.record)) steps.push({ do: "write-record", record: desired.record });
  return plan(steps, `${desired.path} is already as desired`);
}

function contentSteps(found: Found, record: PathRecord | null, desired: DesiredFile): Step[] {
  const { path, sha256, permissions } = desired;
  const write: Step = { do: "write", path, sha256, permissions };
  if (found.kind === "absent") return [write];
  if (found.kind !== "file") return [{ do: "keep", path, by: "move" }, write];
  if (found.sha256 === sha256) {
    return samePermissions(found.attributes, permissions)
      ? []
      : [{ do: "set-permissions", path, permissions }];
  }
  return found.sha256 === record?.sha256 ? [write] : [{ do: "keep", path, by: "copy" }, write];
}

/**
 * A file is removed only if its record names this resource and the bytes are those that it last wrote. If another
 * resource has taken the path over, even the record stays.
 */
export function planFileRemoval({ path, found, record }: Observation, urn: string): Plan {
  if (record?.urn !== urn) {
    const reason = `${path} no longer belongs to this resource`;
    const isOursElsewhere = record !== null && stackOf(record.urn) === stackOf(urn);
    if (isOursElsewhere || found.kind === "absent") return plan([], reason);
    return plan([], reason, [
      `${path} is not in the server's records as ours and is left as it is [DBK-CHANGE-4]`,
    ]);
  }
  const drop: Step = { do: "drop-record", path };
  if (found.kind === "absent") return plan([drop], "");
  if (found.kind !== "file" || found.sha256 !== record.sha256) {
    return plan([drop], "", [`${path} was changed by somebody else and is left as it is [DBK-CHANGE-4]`]);
  }
  return plan([{ do: "remove-file", path }, drop], "");
}

export function sameRecord(record: PathRecord | null, desired: PathRecord): boolean {
  return (
    record !== null &&
    record.urn === desired.urn &&
    record.kind === desired.kind &&
    record.sha256 === desired.sha256 &&
    record.content === desired.content
  );
}
