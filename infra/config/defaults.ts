import type { Backups, ManagedContainer, Monitoring, Paths, Rehearsal, Runtime } from "./schema.ts";

/** The defaults of all optional settings. Names, paths, schedule and retention are those of the hand-made system. */
export interface Defaults {
  paths: Paths;
  backups: Backups;
  rehearsal: Rehearsal;
  monitoring: Monitoring;
  runtime: Runtime;
  verification: boolean;
}

export const defaults: Defaults = {
  paths: {
    backups: "/root/database_backups",
    log: "/root/backup_database.log",
    locks: "/run/database-backups",
    installation: "/opt/database-backups",
    cronTable: "/etc/cron.d/database-backups",
    logRotation: "/etc/logrotate.d/database-backups",
    quickReference: "/root/backup_quick_reference.txt",
    backupLauncher: "/root/backup_database.sh",
    statusLauncher: "/root/check_database_status.sh",
    restoreLauncher: "/root/restore_database.sh",
    rehearseLauncher: "/root/rehearse_restore.sh",
    pruneLauncher: "/root/prune_backups.sh",
    pinLauncher: "/root/pin_backup.sh",
    copyLauncher: "/root/copy_backups.sh",
  },
  backups: {
    schedule: "0 2 * * *",
    retention: {
      days: 7,
      keepAtLeast: 3,
      daily: 0,
      weekly: 0,
      monthly: 0,
      yearly: 0,
      preRestoreDays: 7,
      keepPreviousDays: 7,
      runRecordsDays: 400,
    },
    manifest: "full",
    compression: "gzip",
    compressionLevel: 1,
    timeouts: { backup: "2h", restore: "4h", lockWait: "5m", query: "30s" },
  },
  rehearsal: {
    // Sunday morning, well after the night's backup.
    schedule: "30 4 * * 0",
    where: "container",
    memory: "512MiB",
    maximumAge: "8d",
  },
  monitoring: {
    // Twice an hour is often enough to act on an outage. At quarter hours it never coincides with the backup's minute.
    schedule: "15,45 * * * *",
    minimumFreeSpace: "1GiB",
    diskWarningPercent: 85,
    diskCriticalPercent: 95,
    backupAgeGrace: "2h",
    shrinkWarningPercent: 50,
    connectionsWarningPercent: 80,
    longQuery: "5m",
  },
  runtime: "pinned",
  verification: true,
};

export const managedContainerDefaults: ManagedContainer = { image: "postgres:17", restart: "unless-stopped" };

/** Who logs in to a server. */
export const defaultLogin = "root";
