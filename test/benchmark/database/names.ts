/** The names of the contestants. Goals compare by them. */

export const handMadeBackup = "hand-made: pg_dump | gzip";
export const limitOfBackup = "limit: pg_dump to /dev/null";
export const backup = "backup_database";
export const backupOfRows = "backup_database, manifest: rows";
export const backupByZstd = "backup_database, compression: zstd";

export const handMadeRestore = "hand-made: gunzip | psql";
export const restore = "restore_database, its backup apart";
export const wholeRestore = "restore_database, whole";

export const question = "one question";
export const status = "check_database_status";
