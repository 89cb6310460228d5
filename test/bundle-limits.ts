import type { ProgramName } from "../infra/installation.ts";

/** What every program of the hand-made system's kind stays under, in bytes. */
const usual = 100_000;

/**
 * Programs with more than that: exact manifests (20 KB), reports to an address (4 KB), and for a restore everything it
 * can do besides replacing a database, for it makes and compares whole backups too. It starts in 44 ms of processor
 * time instead of 41.
 */
const larger: Partial<Record<ProgramName, number>> = {
  backup_database: 105_000,
  rehearse_restore: 105_000,
  restore_database: 150_000,
};

/** How large a program for the server may be, in bytes. */
export const bundleLimit = (name: ProgramName): number => larger[name] ?? usual;
