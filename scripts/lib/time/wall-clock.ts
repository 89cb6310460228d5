/**
 * Local time and its changes. A wall time is written as the milliseconds of the same digits read as UTC, so
 * that it can be computed with; an offset is what local time is ahead of UTC, in milliseconds.
 */

/** The offset at an instant (milliseconds since 1970). */
export type Offset = (instant: number) => number;

const minute = 60_000;
const day = 24 * 60 * minute;

/** Offsets of an IANA time zone; of the process, which is the server's, unless one is named. */
export function offsetOf(timeZone?: string): Offset {
  if (timeZone === undefined) return (instant) => -new Date(instant).getTimezoneOffset() * minute;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map((part) => [part.type, Number(part.value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
    return wall - Math.floor(instant / minute) * minute;
  };
}

/** The instants at which clocks show `wall`: one; two where it is repeated; none where it is skipped. Ascending. */
export function instantsOf(wall: number, offset: Offset): number[] {
  const candidates = new Set([wall - offset(wall - day), wall - offset(wall + day)]);
  return [...candidates].filter((instant) => instant + offset(instant) === wall).sort((a, b) => a - b);
}

/** The instant at which clocks skip over `wall`, and by how much. `wall` must be a skipped one. */
export function skipOver(wall: number, offset: Offset): { instant: number; length: number } {
  let before = wall - day;
  let after = wall + day;
  const length = offset(after) - offset(before);
  while (after - before > minute) {
    const middle = Math.floor((before + after) / 2 / minute) * minute;
    if (offset(middle) === offset(before)) before = middle;
    else after = middle;
  }
  return { instant: after, length };
}

/** Whether clocks change on or around the local day that begins at `wall`. */
export function clocksChangeAround(wall: number, offset: Offset): boolean {
  return offset(wall - day) !== offset(wall + 2 * day);
}
