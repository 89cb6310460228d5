export const programNames = [
  "backup_database",
  "check_database_status",
  "restore_database",
  "rehearse_restore",
  "prune_backups",
  "pin_backup",
  "copy_backups",
] as const;
export type ProgramName = (typeof programNames)[number];
