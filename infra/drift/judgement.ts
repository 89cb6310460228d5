import type { Inputs } from "../pulumi-cli/engine-events.ts";
import type { Found } from "../remotehost/looking.ts";
import { type Labels, placeOf } from "./difference.ts";
import { differingNames, holdsUnknown } from "./inputs.ts";
import type { Drift, Pending } from "./report.ts";
import type { ResourceEvent } from "./resource-events.ts";
import { sha256Of } from "./texts.ts";

export interface Judgement {
  drift: Drift | null;
  pending: Pending | null;
}

const driftLabels: Labels = { before: "as deployed", after: "on the server" };
const pendingLabels: Labels = { before: "as deployed", after: "as the program wants it" };

/**
 * Distinguishes drift from pending changes, by comparing three things: the deployed state, the state found, and the
 * program's desired state.
 *
 * | found is … | | | as deployed | no drift; pending where the program wants otherwise | | otherwise, and as the
 * program wants | neither: somebody was faster than the deployment | | otherwise | drift; pending too where the program
 * wants a third thing | | as the state says, not as last written| drift: a run was cut off after it had read the hand's
 * work |
 */
export function judge(event: ResourceEvent, look: Found | null): Judgement {
  return event.type.startsWith("remotehost:") ? judgeOurs(event, look) : judgeForeign(event);
}

function judgeOurs(event: ResourceEvent, look: Found | null): Judgement {
  const { before, desired } = event;
  const found = look?.found === undefined ? event.found : look.found;
  const isUnlikeDesired = desired === undefined || differ(found, desired);
  if (!isUnlikeDesired) return { drift: null, pending: null };
  const isUnlikeState = differ(before, found);
  const isStale =
    !isUnlikeState && desired !== undefined && desired !== null && isHandsWork(event, look, desired);
  const asDeployed = isStale ? desired : before;
  const isDrift = (isUnlikeState || isStale) && asDeployed !== null;
  const isPending = !isStale && desired !== undefined && differ(before, desired);
  return {
    drift: isDrift ? driftOf(event, asDeployed, found, look) : null,
    pending: isPending ? pendingOf(event, before, desired) : null,
  };
}

/** For other providers the engine's comparison is used: their inputs alone do not show a difference. */
function judgeForeign(event: ResourceEvent): Judgement {
  const { before, found, desired, changed, operation, reasons } = event;
  if (operation === "same") return { drift: null, pending: null };
  const isDrift = changed && before !== null;
  const names = desired ? differingNames(before ?? {}, desired) : reasons;
  // A resource that is rerun only because of another one has no change of its own.
  const isConsequence = before !== null && names.length === 0 && (changed || holdsUnknown(desired));
  const isPending = operation !== null && desired !== undefined && !isConsequence;
  return {
    drift: isDrift ? driftOf(event, before, found, null) : null,
    pending: isPending ? pendingOf(event, before, desired) : null,
  };
}

function differ(one: Inputs | null, other: Inputs | null): boolean {
  if (one === null || other === null) return one !== other;
  return differingNames(one, other).length > 0;
}

/** Properties that no setting of the stack changes. */
const permissions = new Set(["mode", "owner", "group"]);

/** Whether the state recorded a hand edit as deployed. */
function isHandsWork(
  { deployedUrn, before: found }: ResourceEvent,
  look: Found | null,
  desired: Inputs,
): boolean {
  const record = look?.record?.urn === deployedUrn ? look.record : null;
  if (found === null) return record !== null && look?.isAbsent === true;
  if (["obstacle", "record", "table", "links", "openDirectories"].some((name) => found[name] !== undefined))
    return true;
  if (Array.isArray(found.foreignEntries) && found.foreignEntries.length > 0) return true;
  if (differingNames(found, desired).every((name) => permissions.has(name))) return true;
  const sha256 = sha256Of(found);
  return record !== null && record.kind !== "directory" && sha256 !== null && sha256 !== record.sha256;
}

function driftOf(event: ResourceEvent, before: Inputs, found: Inputs | null, look: Found | null): Drift {
  const obstructed = found !== null && found.obstacle !== undefined;
  // A directory's time changes whenever a file is put into it.
  const isDirectory = event.type.endsWith(":Directory") && !obstructed;
  return {
    change: found === null ? "missing" : obstructed ? "obstructed" : "changed",
    ...placeOf(event, before, found, driftLabels),
    changedAt: (isDirectory ? null : look?.changedAt?.toISOString()) ?? null,
  };
}

function pendingOf(event: ResourceEvent, before: Inputs | null, desired: Inputs | null): Pending {
  // What moves is made again, but for a cron table; the engine plans nothing for a server that is held.
  const moves = before?.path !== desired?.path && !event.type.endsWith(":CronTable");
  const isReplaced = event.operation === "replace" || moves;
  const change = before === null ? "create" : desired === null ? "delete" : isReplaced ? "replace" : "update";
  return { change, ...placeOf(event, before, desired, pendingLabels) };
}
