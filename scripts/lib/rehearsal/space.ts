import { setTimeout as sleep } from "node:timers/promises";
import { InterruptedError, messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatBytes } from "../base/format.ts";
import type { Place } from "./place.ts";

/**
 * A rehearsal may take this many times the space it needs. It must not fill the disk of the live database.
 */
const margin = 2;
const pauseMilliseconds = 5_000;
/** After this many failed measurements in a row the rehearsal's disk use counts as unknown. */
const patience = 5;

/** @throws ProgramError `noSpace` unless the space that the place needs is free, and as much again or the minimum. */
export async function requireSpaceFor(
  place: Pick<Place, "needed" | "free">,
  minimumFreeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const free = await place.free(signal);
  const wanted = place.needed + Math.max(place.needed, minimumFreeBytes);
  if (free >= wanted) return;
  const why = `${formatBytes(place.needed)} for the restored database, and as much again or monitoring.minimumFreeSpace must stay free`;
  throw new ProgramError(
    `not enough space for the rehearsal: ${formatBytes(free)} free, ${formatBytes(wanted)} needed (${why}); free some space [DBK-SPACE-2]`,
    ExitCode.noSpace,
  );
}

/**
 * Measures the rehearsal's disk use until the signal is aborted. Calls `stop`, once, when the rehearsal takes more than
 * its bound, when less than the minimum is free, or when neither can be measured any more.
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
      const unknown = `it was stopped: its disk use could not be measured: ${messageOf(error)} [DBK-SPACE-3]`;
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
      ? `it was stopped: it uses ${formatBytes(used)}, more than the ${formatBytes(bound)} set aside for it`
      : free < minimumFreeBytes
        ? `it was stopped: only ${formatBytes(free)} are still free (monitoring.minimumFreeSpace)`
        : null;
  return reason === null ? null : new InterruptedError(`${reason} [DBK-SPACE-2]`, ExitCode.noSpace);
}
