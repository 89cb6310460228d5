import * as z from "zod/mini";
import { type Compression, highestLevels } from "./compressions.ts";

/**
 * The settings of the programs on a server: the file `/opt/database-backups/config.json`, written by the deployment and
 * read by every program. Sizes are bytes, times are seconds unless a name says otherwise.
 *
 * Unknown properties are ignored: a deployment may be cut off between this file and the launchers, and until it is run
 * again the old programs have to back up with the new settings.
 */

/** Where the deployment puts the settings, and where a launcher's program looks for them. */
export const settingsPath = "/opt/database-backups/config.json";

const positive = z.int().check(z.positive());
const nonnegative = z.int().check(z.nonnegative());
const hours = z.number().check(z.positive());
const percent = z.int().check(z.gte(1), z.lte(100));
const seconds = positive;
const bytes = nonnegative;
const level = (of: Compression) => z.int().check(z.gte(1), z.lte(highestLevels[of]));
const absolutePath = z.string().check(z.regex(/^\/[^\0\n]*$/, "must be an absolute path"));

/**
 * One PostgreSQL database in a Docker container. `name` is its key in the configuration and begins its files' names.
 */
export const DatabaseSettings = z.object({
  name: z.string().check(z.regex(/^[a-z0-9_]+$/)),
  container: z.string(),
  database: z.string(),
  user: z.string(),
  /** The directory on the host that holds PostgreSQL's data directory. */
  dataDirectory: absolutePath,
  /** Where PostgreSQL's socket is not the usual one; without it, what the container says, or 5432. */
  port: z.optional(z.int().check(z.gte(1), z.lte(65_535))),
  /** The file on the server with the user's password, if the socket needs one. */
  passwordFile: z.optional(absolutePath),
});
export type DatabaseSettings = z.infer<typeof DatabaseSettings>;

/** A store: a place off this server for copies of its backups. */
export const StoreSettings = z.object({
  /** Its key in the configuration. */
  name: z.string().check(z.regex(/^[a-z0-9][a-z0-9_-]*$/)),
  /** As in the configuration: `s3`, `sftp`, …; for people. */
  type: z.string(),
  /** For people and messages: `bucket acme-backups of objects.example.com, below web1`. */
  place: z.string(),
  /** Where the copies lie, in rclone's words without the remote: `acme-backups/web1`. */
  path: z.string(),
  /** rclone's options of the backend, `type` among them, without those that are secret. */
  options: z.record(z.string().check(z.regex(/^[a-z0-9_]+$/)), z.string()),
  /** The file with the secret options; see `StoreSecrets`. */
  secretsFile: absolutePath,
  /** Whether this server may remove files there. */
  deletes: z.literal(["never", "server"]),
  /** `full`: a copy counts once it was read back; `digest`: once the store's own digest agrees. */
  verify: z.literal(["full", "digest"]),
  /** A cron expression in the server's time zone. */
  schedule: z.string(),
  /** Bytes a second; without it as fast as it goes. */
  bandwidthBytes: z.optional(positive),
  retention: z.object({
    days: positive,
    daily: nonnegative,
    weekly: nonnegative,
    monthly: nonnegative,
    yearly: nonnegative,
  }),
});
export type StoreSettings = z.infer<typeof StoreSettings>;

/** A store's secrets: a file of JSON that only root can read. */
export const StoreSecrets = z.object({
  /** rclone's secret options of the backend. */
  options: z.record(z.string(), z.string()),
  /** Those of them that rclone takes obscured; here they are not. */
  passwords: z.record(z.string(), z.string()),
});
export type StoreSecrets = z.infer<typeof StoreSecrets>;

export const Settings = z.object({
  version: z.literal(1),
  /** `project/stack` of the deployment that wrote this file. */
  stack: z.string(),
  /** The server's key in the configuration. */
  server: z.string(),
  programsVersion: z.string(),
  databases: z.array(DatabaseSettings),
  paths: z.object({
    backups: absolutePath,
    log: absolutePath,
    /** Lock files, one per database; on a file system that a reboot empties. */
    locks: absolutePath,
    cronTable: absolutePath,
    /** Absent, as the next one, in settings of older versions. */
    logRotation: z.optional(absolutePath),
    installation: z.optional(absolutePath),
    quickReference: absolutePath,
    backupLauncher: absolutePath,
    statusLauncher: absolutePath,
    restoreLauncher: absolutePath,
    rehearseLauncher: absolutePath,
    pruneLauncher: absolutePath,
    pinLauncher: absolutePath,
    /** Absent where nothing is copied. */
    copyLauncher: z.optional(absolutePath),
  }),
  schedule: z.object({
    /** Cron expressions in the server's time zone. */
    backup: z.string(),
    status: z.string(),
    /** Null when rehearsals are not scheduled. */
    rehearsal: z.nullable(z.string()),
    /** sha256 of the cron table as the deployment wrote it: how the status check sees that it was edited. */
    cronTableSha256: z.string(),
  }),
  retention: z.object({
    days: positive,
    keepAtLeast: positive,
    /** For how many days, weeks, months and years the last backup is kept beyond `days`. */
    daily: nonnegative,
    weekly: nonnegative,
    monthly: nonnegative,
    yearly: nonnegative,
    /** How long a backup that a restore made before it is kept. */
    preRestoreDays: positive,
    /** How long the database that a restore replaced is kept. */
    keepPreviousDays: positive,
    /** How long the records of runs are kept; absent in settings of older versions. */
    runRecordsDays: z.optional(positive),
  }),
  /** What a manifest proves of every table: rows and content, or rows only. */
  manifest: z.literal(["full", "rows"]),
  /** pg_dump's own gzip level, 1 to 9: the only compression that the programs of older versions know. */
  compressionLevel: level("gzip"),
  /** The level, 1 to 19, of the command zstd, which then compresses instead; without it gzip does. */
  zstdLevel: z.optional(level("zstd")),
  timeouts: z.object({
    /** A whole dump. */
    backup: seconds,
    /** A whole restore of one database. */
    restore: seconds,
    /** Waiting for a table's lock (pg_dump --lock-wait-timeout). */
    lockWait: seconds,
    /** Any single query to Docker or PostgreSQL. */
    query: seconds,
  }),
  rehearsal: z.object({
    /**
     * Means nothing any more: always a container. The programs of the version before want it, and a file of theirs may
     * say `database`.
     */
    where: z.optional(z.literal(["container", "database"])),
    /** What the throw-away container may use. */
    memoryBytes: bytes,
    /** How old the newest successful rehearsal may be before that is a warning. */
    maximumAgeHours: hours,
  }),
  /** Copies off this server; absent where none are made, and in settings of older versions. */
  copies: z.optional(
    z.object({
      /** The program that talks to stores. */
      rclone: absolutePath,
      /** The file with the stack's key, 64 hexadecimal digits, by which this system knows its own copies. */
      keyFile: absolutePath,
      stores: z.array(StoreSettings),
    }),
  ),
  monitoring: z.object({
    /** Free space on the backups' file system: below it a backup is not begun. */
    minimumFreeBytes: bytes,
    /** Percent of the file system in use that make the status a warning, and critical. */
    diskWarningPercent: percent,
    diskCriticalPercent: percent,
    /** How many hours past its schedule the newest backup may be before that is a warning. */
    backupAgeGraceHours: hours,
    /** A backup this many percent smaller than its predecessors' median is suspicious. */
    shrinkWarningPercent: percent,
    /** Percent of max_connections in use. */
    connectionsWarningPercent: percent,
    /** A query that has run this long is reported. */
    longQuerySeconds: seconds,
    /** The file with the address that backup runs report to; null for none. The address is a secret. */
    pingUrlFile: z.nullable(absolutePath),
    /** The same for rehearsals, which send no report without an address of their own. */
    rehearsalPingUrlFile: z.optional(z.nullable(absolutePath)),
  }),
});
export type Settings = z.infer<typeof Settings>;

/** How new archives are compressed. */
export const compressionIn = ({
  compressionLevel,
  zstdLevel,
}: Settings): { compression: Compression; level: number } =>
  zstdLevel === undefined
    ? { compression: "gzip", level: compressionLevel }
    : { compression: "zstd", level: zstdLevel };

/**
 * The settings by which new archives are compressed so.
 * @param gzipLevel that of the programs of the version before, which know gzip alone and refuse settings without it.
 */
export const compressionSettings = (
  compression: Compression,
  level: number,
  gzipLevel: number,
): Pick<Settings, "compressionLevel" | "zstdLevel"> =>
  compression === "gzip" ? { compressionLevel: level } : { compressionLevel: gzipLevel, zstdLevel: level };
