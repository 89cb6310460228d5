import { join } from "node:path";
import { acquireLock, isRefusal, type Lock, LockedError, lockHolder } from "../lock.ts";
import type { DatabaseSettings, Settings } from "../settings.ts";

/**
 * Rehearsals of a database exclude each other by a lock of their own: one may take hours, in which backups must go on.
 * No configured database's lock has a dot before its ending.
 */
const lockPath = ({ paths }: Settings, { name }: DatabaseSettings): string =>
  join(paths.locks, `${name}.rehearsal.lock`);

/** @throws LockedError when a living rehearsal of the database holds it. */
export function lockRehearsals(
  settings: Settings,
  database: DatabaseSettings,
  program: string,
  runId: string,
): Lock {
  const outcome = acquireLock(lockPath(settings, database), program, runId);
  if (isRefusal(outcome)) throw new LockedError(`the rehearsal of ${database.name}`, outcome);
  return outcome;
}

/** The lock, or null when a living rehearsal holds it. */
export function tryLockRehearsals(
  settings: Settings,
  database: DatabaseSettings,
  program: string,
  runId: string,
): Lock | null {
  const outcome = acquireLock(lockPath(settings, database), program, runId);
  return isRefusal(outcome) ? null : outcome;
}

/** Whether a rehearsal of the database is at work. */
export const rehearsalRuns = (settings: Settings, database: DatabaseSettings): boolean =>
  lockHolder(lockPath(settings, database)) !== null;
