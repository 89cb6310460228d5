import type { ContainerMount } from "../../contract/persistence.ts";
import type { RehearsalRecord } from "../../contract/rehearsal-record.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import type { Surroundings } from "../../contract/surroundings.ts";
import type { ReadRecords } from "../history/records.ts";
import type { Refusal } from "../postgres/refusal.ts";
import type { LogEntry } from "../program/log.ts";
import type { Backup } from "../store/backups.ts";
import type { LeftAloneArchives } from "../store/left-alone.ts";

/** What a status check has seen, before any of it is judged. Sizes are bytes, durations seconds. */

/** What was found where the check looked. */
export interface Observed<T> {
  readable: true;
  value: T;
}

/** Why it could not look there. */
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
  /** Docker's word where the image has a health check, else null. */
  health: string | null;
  mounts: readonly ContainerMount[];
}

export interface SessionState {
  pid: number;
  user: string | null;
  seconds: number;
}

/** What one psql call tells of a database and its server. */
export interface PostgresFigures {
  serverVersion: string;
  /** In the container; null where the user may not read it. */
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
  /** Versions of its collation: that it was made with, and the library's now; null where it has none. */
  collation?: { recorded: string | null; actual: string | null };
  longestQuery: SessionState | null;
  longestIdleInTransaction: SessionState | null;
  /** Run ids of our own programs' other sessions. */
  runs: readonly string[];
  /** Every database of the server; the size is null where the user may not know it. */
  databases: readonly { name: string; bytes: number | null }[];
}

export type PostgresState =
  | { answers: true; figures: PostgresFigures }
  /** `container`: there is none to ask; `refused`, `silent`: no session; `unreadable`: connected, but no answer. */
  | {
      answers: false;
      kind: "container" | "refused" | "silent" | "unreadable";
      reason: string;
      /** What the server's catalogues say of it, where that was found out. */
      refusal?: Refusal | null;
    };

export interface RehearsalState {
  /** Newest first. */
  records: readonly RehearsalRecord[];
  /** The run that is at work now. */
  living: string | null;
  /** Containers that crashed runs have left. */
  containers: readonly string[];
}

export interface DatabaseObservation {
  settings: DatabaseSettings;
  /** The value is null when there is no such container. */
  container: Observed<ContainerState | null> | Unreadable;
  postgres: PostgresState;
  backups: Observed<readonly Backup[]> | Unreadable;
  /** Archives that were read and not adopted, by file name, and why. */
  leftAlone: LeftAloneArchives;
  /**
   * Whether a backup was due since the system stands here, or was tried: whatever it was waiting for, it waits no more.
   */
  firstBackupDue: boolean;
  /** The file that an in-place restore removes when it has put a database back; null where there is none. */
  inPlaceState: string | null;
  /** File systems in memory lose the data with a reboot; null where the directory is not to be seen here. */
  dataInMemory: boolean | null;
  rehearsals: RehearsalState;
  /** The run that holds the database's lock now; `restoring` where it is a restore that lives. */
  lockedBy: { runId: string | null; text: string; restoring?: boolean } | null;
}

/** The last records of runs. */
export interface SeenHistory extends ReadRecords {
  /** This boot's id; null where it cannot be read. */
  bootId: string | null;
  /** Of the runs that began since this boot, those whose process is there. */
  living: ReadonlySet<string>;
}

export interface CronTableState {
  sha256: string;
  /** Written or changed last; what was due before that is nobody's miss. */
  modifiedAt: Date;
  /** Why cron would ignore it: its type, owner, mode, names or text. */
  ignoredBecause: string | null;
  /** Where it leads to, where it is a symbolic link; cron does not notice when that changes. */
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
  /** The value is null when the file is not there. */
  cronTable: Observed<CronTableState | null> | Unreadable;
  /** Absent where the settings are of a version that does not say where all of ours is. */
  surroundings?: Observed<Surroundings> | Unreadable;
  fileSystems: Observed<readonly FileSystemState[]> | Unreadable;
  /** The mount point of the backups' disk or share, where /etc/fstab has one that is not mounted. */
  missingMount: string | null;
  history: Observed<SeenHistory> | Unreadable;
  /** Why no run can be recorded; null when nothing speaks against it. */
  recordProblem: string | null;
  /** The log's last entries, oldest first; null when there is no log. */
  log: Observed<readonly LogEntry[] | null> | Unreadable;
  /** Why nothing can be logged; null when something can. */
  logProblem: string | null;
  databases: readonly DatabaseObservation[];
}

/**
 * The backup system stands, the application does not yet: no container, never a backup, and none was due. A container
 * whose name is wrong in the configuration looks the same, so that it is over with the first backup that was due.
 */
export const isNotYetDeployed = (database: DatabaseObservation): boolean =>
  !database.firstBackupDue && isMissing(database);

/** No container and never a backup, whether one was due or not. */
export const isMissing = ({ container, backups }: DatabaseObservation): boolean =>
  container.readable && container.value === null && backups.readable && backups.value.length === 0;
