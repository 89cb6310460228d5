import type { CopiesState } from "../../contract/copies.ts";
import type { ContainerMount } from "../../contract/persistence.ts";
import type { RehearsalRecord } from "../../contract/rehearsal-record.ts";
import type { DatabaseSettings, Settings, StoreSettings } from "../../contract/settings.ts";
import type { Surroundings } from "../../contract/surroundings.ts";
import type { ReadRecords } from "../history/records.ts";
import type { Refusal } from "../postgres/refusal.ts";
import type { LogEntry } from "../program/log.ts";
import type { Backup } from "../store/backups.ts";
import type { LeftAloneArchives } from "../store/left-alone.ts";

/** The observations of a status check, before they are judged. Sizes are bytes, durations seconds. */

/** The observation, if the check could look. */
export interface Observed<T> {
  readable: true;
  value: T;
}

/** Why it could not look. */
export interface Unreadable {
  readable: false;
  reason: string;
}

export interface ContainerState {
  /** Docker's word: running, exited, paused, restarting, created, dead. */
  status: string;
  startedAt: Date;
  /** How often Docker has restarted it by its restart policy. */
  restarts: number;
  exitCode: number;
  outOfMemory: boolean;
  /** Docker's word if the image has a health check, else null. */
  health: string | null;
  mounts: readonly ContainerMount[];
}

export interface SessionState {
  pid: number;
  user: string | null;
  seconds: number;
}

/** The result of one psql call about a database and its server. */
export interface PostgresFigures {
  serverVersion: string;
  /** In the container; null if the user may not read it. */
  dataDirectory: string | null;
  databaseBytes: number;
  connections: { used: number; maximum: number };
  commits: number;
  rollbacks: number;
  deadlocks: number;
  blocksHit: number;
  blocksRead: number;
  statisticsSince: Date | null;
  liveRows: number;
  deadRows: number;
  lastVacuum: Date | null;
  lastAnalyse: Date | null;
  /** Age of the oldest transaction id; PostgreSQL stops writing at 2^31. */
  transactionAge: number;
  /** Versions of its collation: the one it was created with, and the library's now; null if it has none. */
  collation?: { recorded: string | null; actual: string | null };
  longestQuery: SessionState | null;
  longestIdleInTransaction: SessionState | null;
  /** Run ids of our own programs' other sessions. */
  runs: readonly string[];
  /** Every database of the server; the size is null if the user may not read it. */
  databases: readonly { name: string; bytes: number | null }[];
}

export type PostgresState =
  | { answers: true; figures: PostgresFigures }
  /** `container`: there is none to ask; `refused`, `silent`: no session; `unreadable`: connected, but no answer. */
  | {
      answers: false;
      kind: "container" | "refused" | "silent" | "unreadable";
      reason: string;
      /** The reason from the server's catalogues, if found. */
      refusal?: Refusal | null;
    };

export interface RehearsalState {
  /** Newest first. */
  records: readonly RehearsalRecord[];
  /** The present run. */
  living: string | null;
  /** Containers that crashed runs have left. */
  containers: readonly string[];
}

export interface DatabaseObservation {
  settings: DatabaseSettings;
  /** The value is null if there is no such container. */
  container: Observed<ContainerState | null> | Unreadable;
  postgres: PostgresState;
  backups: Observed<readonly Backup[]> | Unreadable;
  /** Archives that were read and not adopted, by file name, and why. */
  leftAlone: LeftAloneArchives;
  /**
   * Whether a backup was due since the system was deployed, or was tried: then the database no longer counts as not yet
   * deployed.
   */
  firstBackupDue: boolean;
  /** The state file of an in-place restore, which it removes when it has put a database back; null if there is none. */
  inPlaceState: string | null;
  /** Whether the data is in memory and is lost with a reboot; null if the directory is not visible here. */
  dataInMemory: boolean | null;
  rehearsals: RehearsalState;
  /** The run that holds the database's lock now; `restoring` if it is a living restore. */
  lockedBy: { runId: string | null; text: string; restoring?: boolean } | null;
}

/** The last records of runs. */
export interface SeenHistory extends ReadRecords {
  /** This boot's id; null where it cannot be read. */
  bootId: string | null;
  /** The runs that began since this boot and whose process exists. */
  living: ReadonlySet<string>;
}

export interface CronTableState {
  sha256: string;
  /** Time of the last change. A run due before it does not count as missed. */
  modifiedAt: Date;
  /** Why cron ignores it: type, owner, mode, names or text. */
  ignoredBecause: string | null;
  /** Its target, if it is a symbolic link. cron does not notice a change of the target. */
  link?: string;
}

export interface FileSystemState {
  holdsBackups: boolean;
  /** Names of the databases whose data lies on it. */
  holdsDataOf: readonly string[];
  totalBytes: number;
  /** Free for root's programs, as df counts. */
  freeBytes: number;
  usedPercent: number;
}

export interface ServerObservation {
  now: Date;
  settings: Settings;
  bootedAt: Date;
  cronRunning: Observed<boolean> | Unreadable;
  /** The value is null if the file does not exist. */
  cronTable: Observed<CronTableState | null> | Unreadable;
  /** Absent if the settings are of a version that does not name all our paths. */
  surroundings?: Observed<Surroundings> | Unreadable;
  fileSystems: Observed<readonly FileSystemState[]> | Unreadable;
  /** The mount point of the backups' disk or share, if it is in /etc/fstab and not mounted. */
  missingMount: string | null;
  history: Observed<SeenHistory> | Unreadable;
  /** Why no run can be recorded; null if recording looks possible. */
  recordProblem: string | null;
  /** The log's last entries, oldest first; null if there is no log. */
  log: Observed<readonly LogEntry[] | null> | Unreadable;
  /** Why the log cannot be written; null if it can. */
  logProblem: string | null;
  databases: readonly DatabaseObservation[];
  stores: readonly StoreObservation[];
}

/** What this server knows of its copies at a store. */
export interface StoreObservation {
  place: StoreSettings;
  state: Observed<CopiesState> | Unreadable;
}

/**
 * The backup system is deployed but the application is not yet: no container, never a backup, and none was due. A wrong
 * container name in the configuration looks the same, so this state ends with the first due backup.
 */
export const isNotYetDeployed = (database: DatabaseObservation): boolean =>
  !database.firstBackupDue && isMissing(database);

/** No container and never a backup, whether one was due or not. */
export const isMissing = ({ container, backups }: DatabaseObservation): boolean =>
  container.readable && container.value === null && backups.readable && backups.value.length === 0;
