import { UsageError } from "../base/errors.ts";
import { instantsOf, type Offset, offsetOf } from "../time/wall-clock.ts";

/** The `YYYYMMDD_HHMMSS` of a backup's name. */
export const stampPattern = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/;
const isoPattern = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * The moment that a person means by --at: ISO with `Z` or an offset, `YYYY-MM-DD HH:MM[:SS]` in the server's local
 * time, or the `YYYYMMDD_HHMMSS` of a backup's name, which is UTC.
 * @throws UsageError for anything else, and for a local time that a change of clocks skips or repeats.
 */
export function parseMoment(text: string, offset: Offset = offsetOf()): Date {
  const stamp = stampPattern.exec(text);
  const [, year, month, day, hour, minute, second = "00", zone] = stamp ?? isoPattern.exec(text) ?? [];
  const instantIn = (place: string) =>
    Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${place}`);
  const wall = instantIn("Z");
  // Date.parse takes 30 February for 2 March.
  const exists = !Number.isNaN(wall) && new Date(wall).getUTCDate() === Number(day);
  if (!exists || Number.isNaN(instantIn(zone ?? "Z"))) {
    throw new UsageError(
      `--at ${text} is not a valid time; use 2026-11-22T02:00:00Z, 2026-11-22 03:00 (local time), or 20261122_020000 (UTC)`,
    );
  }
  if (stamp !== null || zone !== undefined) return new Date(instantIn(zone ?? "Z"));
  const [instant, again] = instantsOf(wall, offset);
  if (instant === undefined)
    throw new UsageError(`--at ${text} does not exist in local time: the clocks skip it; use UTC`);
  if (again !== undefined) {
    const both = [instant, again].map((time) => new Date(time).toISOString()).join(" or ");
    throw new UsageError(`--at ${text} is ambiguous in local time: the clocks repeat it; use ${both}`);
  }
  return new Date(instant);
}
