import { hash } from "node:crypto";
import { runIdPattern } from "../base/run-id.ts";

/**
 * The names of the databases that restores make beside the live one. A name contains the live database, the kind and
 * the run, so leftovers are recognised and never guessed: `NAME_restoring_RUNID` is being filled, `NAME_previous_RUNID`
 * is the former live database from before that run, `NAME_rehearsal_RUNID` is a leftover of a rehearsal of an older
 * version.
 */
export type MadeKind = "restoring" | "previous" | "rehearsal";
const kinds: readonly MadeKind[] = ["restoring", "previous", "rehearsal"];

export interface MadeDatabase {
  kind: MadeKind;
  /** The run that made it; it begins with its start in UTC, `YYYYMMDDTHHMMSS`. */
  runId: string;
}

/** PostgreSQL cuts longer identifiers off without an error. */
const longestName = 63;
const longestRunId = 22;
const longestStem = longestName - "_restoring_".length - longestRunId;
const wholeRunId = new RegExp(`^${runIdPattern}$`);
const shortenedPattern = /~[0-9a-f]{8}$/;

/** A name that already looks shortened is shortened again, so that two live names never share a stem. */
function stemOf(live: string): string {
  if (Buffer.byteLength(live) <= longestStem && !shortenedPattern.test(live)) return live;
  const digest = hash("sha256", live).slice(0, 8);
  let head = "";
  for (const character of live) {
    if (Buffer.byteLength(head + character) > longestStem - digest.length - 1) break;
    head += character;
  }
  return `${head}~${digest}`;
}

const prefixOf = (live: string, kind: MadeKind): string => `${stemOf(live)}_${kind}_`;

function madeName(live: string, kind: MadeKind, runId: string): string {
  if (!wholeRunId.test(runId)) throw new Error(`${runId} is not a run id`);
  return `${prefixOf(live, kind)}${runId}`;
}

/** The prefixes of all databases that are made beside `live`. */
export const madePrefixes = (live: string): string[] => kinds.map((kind) => prefixOf(live, kind));

/** The database that run `runId` fills; at most 63 bytes for any live name. */
export const restoringName = (live: string, runId: string): string => madeName(live, "restoring", runId);

/** The database that was live until run `runId` replaced it; at most 63 bytes. */
export const previousName = (live: string, runId: string): string => madeName(live, "previous", runId);

/** The database in which the rehearsal `runId` of an older version proved a backup; at most 63 bytes. */
export const rehearsalName = (live: string, runId: string): string => madeName(live, "rehearsal", runId);

/** The kind and run of `candidate`, if it was made beside `live`; else null. */
export function recogniseDatabase(live: string, candidate: string): MadeDatabase | null {
  for (const kind of kinds) {
    const prefix = prefixOf(live, kind);
    if (!candidate.startsWith(prefix)) continue;
    const runId = candidate.slice(prefix.length);
    if (wholeRunId.test(runId)) return { kind, runId };
  }
  return null;
}

/** When the run that made a database started. */
export function runStart(runId: string): Date {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})-/.exec(runId) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
