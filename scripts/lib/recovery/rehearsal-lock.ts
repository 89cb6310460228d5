import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { acquireLock, isRefusal, type Lock, LockedError, lockHolder } from "../system/lock.ts";

/**
 * Rehearsals of a database exclude each other by a lock of their own: one may take hours, in which backups must go on.
 * No configured database's lock has a dot before its ending.
 */
const lockPath = ({ paths }: Settings, { name }: DatabaseSettings): string =>
  join(paths.locks, `${name}.rehearsal.lock`);

/** A program that tests whether a rehearsal lives holds the lock for a moment, and does not write its identity. */
const attempts = 10;
const pauseMilliseconds = 200;

/** @throws LockedError when a living rehearsal of the database holds it. */
export async function lockRehearsals(
  settings: Settings,
  database: DatabaseSettings,
  program: string,
  runId: string,
): Promise<Lock> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = acquireLock(lockPath(settings, database), program, runId);
    if (!isRefusal(outcome)) return outcome;
    const living = outcome.heldBy !== null && outcome.alive;
    if (living || attempt === attempts) throw new LockedError(`the rehearsal of ${database.name}`, outcome);
    await sleep(pauseMilliseconds);
  }
}

/** The run id of the database's running rehearsal; null if there is none. */
export const livingRehearsal = (settings: Settings, database: DatabaseSettings): string | null =>
  lockHolder(lockPath(settings, database))?.heldBy?.runId ?? null;
