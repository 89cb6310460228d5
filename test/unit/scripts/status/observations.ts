import { defaults } from "../../../../infra/config/defaults.ts";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import type { Settings } from "../../../../scripts/contract/settings.ts";
import type {
  ContainerState,
  DatabaseObservation,
  PostgresFigures,
  ServerObservation,
} from "../../../../scripts/lib/status/observation.ts";
import type { Backup } from "../../../../scripts/lib/store/backups.ts";

/** The observation of a healthy server. Tests change one part of it. All times are UTC. */

export const now = new Date("2026-11-22T12:00:00Z");
export const hoursAgo = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);

export const settings: Settings = {
  version: 1,
  stack: "database-backups/prod",
  server: "cloud.example.com",
  programsVersion: "0.1.0",
  databases: [],
  paths: {
    backups: "/root/database_backups",
    log: "/root/backup_database.log",
    locks: "/run/database-backups",
    cronTable: "/etc/cron.d/database-backups",
    quickReference: "/root/backup_quick_reference.txt",
    backupLauncher: "/root/backup_database.sh",
    statusLauncher: "/root/check_database_status.sh",
    restoreLauncher: "/root/restore_database.sh",
    rehearseLauncher: "/root/rehearse_restore.sh",
    pruneLauncher: "/root/prune_backups.sh",
    pinLauncher: "/root/pin_backup.sh",
  },
  schedule: { backup: "0 2 * * *", status: "0 * * * *", rehearsal: null, cronTableSha256: "a".repeat(64) },
  retention: defaults.backups.retention,
  manifest: "full",
  rehearsal: { where: "container", memoryBytes: 2 ** 29, maximumAgeHours: 192 },
  compressionLevel: 1,
  timeouts: { backup: 600, restore: 600, lockWait: 60, query: 30 },
  monitoring: {
    minimumFreeBytes: 1_000_000,
    diskWarningPercent: 85,
    diskCriticalPercent: 95,
    backupAgeGraceHours: 2,
    shrinkWarningPercent: 50,
    connectionsWarningPercent: 80,
    longQuerySeconds: 300,
    pingUrlFile: null,
  },
};

interface BackupFacts {
  hoursAgo: number;
  bytes?: number;
  rows?: number;
  databaseBytes?: number;
  /** False: without a manifest. */
  manifest?: boolean;
  problem?: string;
  sizeVerified?: number;
  shrunk?: string[];
}

export function backup(facts: BackupFacts): Backup {
  const takenAt = hoursAgo(facts.hoursAgo);
  const bytes = facts.bytes ?? 1_000_000;
  const stem = `shop_${facts.hoursAgo}`;
  const manifest: Manifest = {
    version: 1,
    runId: "20261122T020000-4f2a1b",
    database: { name: "shop", container: "shop-db", database: "shop_production", user: "shop" },
    server: "cloud.example.com",
    host: null,
    createdAt: takenAt.toISOString(),
    snapshotAt: takenAt.toISOString(),
    durationSeconds: 1,
    class: "regular",
    adopted: false,
    archive: {
      file: `${stem}.sql.gz`,
      bytes: facts.sizeVerified ?? bytes,
      sha256: "b".repeat(64),
      uncompressedBytes: bytes * 5,
      format: "plain-gzip",
      compressionLevel: 1,
    },
    roles: null,
    postgres: null,
    properties: null,
    content: null,
    totals: { tables: 9, rows: facts.rows ?? 2_000 },
    databaseBytes: facts.databaseBytes ?? 8_000_000,
    shrunk: facts.shrunk ?? null,
    verifiedAt: takenAt.toISOString(),
  };
  const described = facts.manifest !== false && facts.problem === undefined ? manifest : null;
  return {
    stem,
    archivePath: `/root/database_backups/${stem}.sql.gz`,
    manifestPath: `/root/database_backups/${stem}.json`,
    rolesPath: `/root/database_backups/${stem}.roles.sql`,
    manifest: described,
    manifestProblem: facts.problem ?? null,
    bytes,
    takenAt,
    class: "regular",
    verified: described !== null && described.archive.bytes === bytes,
    adopted: false,
    pinned: false,
    shrunk: facts.shrunk !== undefined,
  };
}

export const figures: PostgresFigures = {
  serverVersion: "15.18",
  dataDirectory: "/var/lib/postgresql/data",
  databaseBytes: 8_000_000,
  connections: { used: 5, maximum: 100 },
  commits: 1_000,
  rollbacks: 2,
  deadlocks: 0,
  blocksHit: 990,
  blocksRead: 10,
  statisticsSince: null,
  liveRows: 2_000,
  deadRows: 10,
  lastVacuum: null,
  lastAnalyse: null,
  transactionAge: 1_000,
  longestQuery: null,
  longestIdleInTransaction: null,
  runs: [],
  databases: [],
};

export const container: ContainerState = {
  status: "running",
  startedAt: hoursAgo(100),
  restarts: 0,
  exitCode: 0,
  outOfMemory: false,
  health: null,
  mounts: [
    { type: "bind", source: "/root/shop-db/data", destination: "/var/lib/postgresql/data", name: null },
  ],
};

export function database(change: Partial<DatabaseObservation> = {}): DatabaseObservation {
  return {
    settings: {
      name: "shop",
      container: "shop-db",
      database: "shop_production",
      user: "shop",
      dataDirectory: "/root/shop-db/data",
    },
    container: { readable: true, value: container },
    postgres: { answers: true, figures },
    backups: { readable: true, value: [10, 34, 58].map((hours) => backup({ hoursAgo: hours })) },
    leftAlone: {},
    dataInMemory: false,
    firstBackupDue: true,
    inPlaceState: null,
    rehearsals: { records: [], living: null, containers: [] },
    lockedBy: null,
    ...change,
  };
}

export const withFigures = (change: Partial<PostgresFigures>): DatabaseObservation =>
  database({ postgres: { answers: true, figures: { ...figures, ...change } } });

export const withContainer = (change: Partial<ContainerState>): DatabaseObservation =>
  database({ container: { readable: true, value: { ...container, ...change } } });

export const notYetDeployed = database({
  container: { readable: true, value: null },
  postgres: { answers: false, kind: "container", reason: "there is no container shop-db" },
  backups: { readable: true, value: [] },
  firstBackupDue: false,
});

/** Not deployed yet, but a backup was due: the name of the container may be wrong. */
export const neverDeployed: DatabaseObservation = { ...notYetDeployed, firstBackupDue: true };

export function server(change: Partial<ServerObservation> = {}): ServerObservation {
  return {
    now,
    settings,
    bootedAt: hoursAgo(1_000),
    cronRunning: { readable: true, value: true },
    cronTable: {
      readable: true,
      value: { sha256: "a".repeat(64), modifiedAt: hoursAgo(500), ignoredBecause: null },
    },
    fileSystems: {
      readable: true,
      value: [
        {
          holdsBackups: true,
          holdsDataOf: ["shop"],
          totalBytes: 10_000_000_000,
          freeBytes: 8_000_000_000,
          usedPercent: 20,
        },
      ],
    },
    missingMount: null,
    log: { readable: true, value: [] },
    logProblem: null,
    history: { readable: true, value: { records: [], unreadable: [], bootId: null, living: new Set() } },
    recordProblem: null,
    databases: [database()],
    stores: [],
    ...change,
  };
}
