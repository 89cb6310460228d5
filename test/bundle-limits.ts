import type { ProgramName } from "../infra/installation.ts";

/** What every program of the hand-made system's kind stays under, in bytes, without what is optional. */
const usual = 100_000;

/**
 * What zstd may add to it, which is optional: names of both kinds, two archives of one name, its pipeline and the
 * container that lacks it.
 */
const zstd: Partial<Record<ProgramName, number>> = {
  backup_database: 2_100,
  restore_database: 1_900,
  rehearse_restore: 800,
};

/**
 * A restore is one file too, and does most of what a backup and a rehearsal do: before it replaces anything it takes a
 * whole backup and cleans up after runs that died, and afterwards it compares the content with the manifest. What it
 * shares with those two is 98 KB (23 KB of it zod). Replacing, undoing, restoring in place and copying tables are the
 * other 47 KB. It takes a few milliseconds longer to start than they do.
 */
const larger: Partial<Record<ProgramName, number>> = {
  restore_database: 147_500,
  // Settings before the load, and what a library or a server lacks for them.
  rehearse_restore: 103_000,
};

/** What a log that cannot be opened or written adds, which must stop nothing. */
const alarms: Partial<Record<ProgramName, number>> = {
  backup_database: 2_400,
  restore_database: 1_000,
  rehearse_restore: 2_400,
};

/** How large a program for the server may be, in bytes. */
export const bundleLimit = (name: ProgramName): number =>
  (larger[name] ?? usual) + (zstd[name] ?? 0) + (alarms[name] ?? 0);
