import { setTimeout as sleep } from "node:timers/promises";
import { InterruptedError, messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatBytes } from "../base/format.ts";
import type { Place } from "./place.ts";

/**
 * How many times the space it needs a rehearsal may take: it must not fill the disk on which the live database lies.
 */
const margin = 2;
const pauseMilliseconds = 5_000;
/** So many looks in a row may fail before nobody knows what the rehearsal takes. */
const patience = 5;

/** @throws ProgramError `noSpace` unless twice what the place needs is free, and the minimum besides what it needs. */
export async function requireSpaceFor(
  place: Pick<Place, "needed" | "free">,
  minimumFreeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const free = await place.free(signal);
  const wanted = place.needed + Math.max(place.needed, minimumFreeBytes);
  if (free >= wanted) return;
  const why = `it needs ${formatBytes(place.needed)}, and as much again or monitoring.minimumFreeSpace is to stay free`;
  throw new ProgramError(
    `${formatBytes(free)} are free, and ${formatBytes(wanted)} are wanted: ${why}; make room [DBK-SPACE-2]`,
    ExitCode.noSpace,
  );
}

/**
 * Looks, until the signal is aborted, whether the rehearsal takes more space than was found for it or leaves less than
 * the minimum to the others, and then, or when that cannot be found out any more, calls `stop`, once.
 */
export async function watchSpace(
  place: Pick<Place, "needed" | "used" | "free">,
  minimumFreeBytes: number,
  signal: AbortSignal,
  stop: (reason: InterruptedError) => void,
  pause = pauseMilliseconds,
): Promise<void> {
  for (let failures = 0; ; ) {
    const slept = await sleep(pause, true, { signal }).catch(() => false);
    if (!slept) return;
    let reason: InterruptedError | null = null;
    try {
      reason = await shortage(place, minimumFreeBytes, signal);
      failures = 0;
    } catch (error) {
      failures += 1;
      const unknown = `it was ended: could not find out how much space it takes: ${messageOf(error)} [DBK-SPACE-3]`;
      if (failures === patience) reason = new InterruptedError(unknown, ExitCode.noSpace);
    }
    if (signal.aborted) return;
    if (reason !== null) return stop(reason);
  }
}

async function shortage(
  place: Pick<Place, "needed" | "used" | "free">,
  minimumFreeBytes: number,
  signal: AbortSignal,
): Promise<InterruptedError | null> {
  const bound = place.needed * margin;
  const used = await place.used(signal);
  const free = await place.free(signal);
  const reason =
    used > bound
      ? `it was ended: it takes ${formatBytes(used)}, and ${formatBytes(bound)} had been found for it`
      : free < minimumFreeBytes
        ? `it was ended: only ${formatBytes(free)} are still free (monitoring.minimumFreeSpace)`
        : null;
  return reason === null ? null : new InterruptedError(`${reason} [DBK-SPACE-2]`, ExitCode.noSpace);
}
