import type { PostgresVersion } from "./postgres-version.ts";

/** What a sandbox server is to be. */
export interface SandboxOptions {
  /**
   * Who logs in: root (default); `deploy` with passwordless sudo; `deploy` without. Root cannot log in with the last
   * two.
   */
  login?: "root" | "sudo" | "no-sudo";
  /** The server's sshd can be reached only through a second container. */
  jumpHost?: boolean;
  /** `full` (default): about 8 MB, Rails-like; `empty`: the database without tables; `none`: no container. */
  database?: "full" | "empty" | "none";
  /** Lines for sshd_config that win over its own, such as "MaxSessions 1". */
  sshdOptions?: string[];
  /** Put before everything else in the login user's .bashrc. */
  bashrc?: string;
  /** Small file systems in the server: path to size, such as { "/root/database_backups": "4m" }. */
  tmpfs?: Record<string, string>;
  /**
   * Arguments for initdb instead of the sandbox's own, such as "--locale=de_DE.utf8"; locales: en_US, de_DE (also
   * iso88591), ru_RU, zh_CN. The server is made for this, so it takes longer, and its database is empty.
   */
  initdbArguments?: string;
  /** More of the environment of the database's container, such as ["TZ=Europe/Berlin"]. */
  databaseEnvironment?: string[];
  /** The size of a file system of its own for the database's data, such as "300m"; default: the Docker host's own. */
  dataSize?: string;
  /** Where the server sees the directory `read-only`, which is beside its data directory, and cannot write to it. */
  readOnly?: string;
  /** Whether the server may mount file systems of FUSE. */
  fuse?: boolean;
  /** The server's local time, such as Europe/Berlin; default Etc/UTC. */
  timezone?: string;
  /** The major version of its PostgreSQL; default: that of SANDBOX_POSTGRES, or 15. */
  postgres?: PostgresVersion;
}

/** A server with its number, 1 to 999: every server that is there at the same time has its own. */
export interface NumberedOptions extends SandboxOptions {
  number: number;
  /** It stays when the process that starts it ends, until it is taken down by hand. */
  kept: boolean;
}

/** The port on the loopback interface at which the server (or its jump host) answers. */
export function portOf(number: number): number {
  return 2200 + number;
}

export function aliasOf(number: number): string {
  return number === 1 ? "sandbox" : `sandbox-${number}`;
}

export function databaseContainerOf(number: number): string {
  return number === 1 ? "curriculum_library_api-db" : `curriculum_library_api-db-${number}`;
}

/** The server's own container, and everything else in Docker that is named after it. */
export function containerOf(number: number): string {
  return `database-backups-sandbox-${number}`;
}

export function volumeOf(number: number): string {
  return `database-backups-sandbox-${number}`;
}
