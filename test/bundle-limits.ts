import type { ProgramName } from "../scripts/contract/programs.ts";

/**
 * How large a program for the server may be, in bytes: some kilobytes above what it is, so that a library or a module
 * that gets in by mistake shows (zod/mini is 23 KB of each). A restore is one file too: it takes a whole backup, proves
 * it and the file in a rehearsal, compares the content with the manifest and cleans up after crashed runs.
 */
const limits: Record<ProgramName, number> = {
  backup_database: 174_500,
  check_database_status: 134_500,
  restore_database: 270_500,
  rehearse_restore: 169_500,
  prune_backups: 100_000,
  pin_backup: 100_000,
  copy_backups: 100_000,
};

export const bundleLimit = (name: ProgramName): number => limits[name];
