import type { CommandOptions, CommandResult } from "../../infra/local-machine/command.ts";

/** A running sandbox server: a machine with sshd, cron and the Docker CLI, and PostgreSQL in a container beside it. */
export interface SandboxServer {
  number: number;
  /** Its `Host` in {@link sshConfig}. */
  alias: string;
  /** 127.0.0.1, or a name that only the jump host knows. */
  host: string;
  port: number;
  user: string;
  /** Alias of the jump host in {@link sshConfig}. */
  proxyJump: string | null;
  sshConfig: string;
  identityFile: string;
  knownHosts: string;
  /** `ssh-ed25519 BASE64`. */
  hostKey: string;
  /** The server's own container in Docker. */
  serverContainer: string;
  /** The database's container. */
  container: string;
  database: string;
  databaseUser: string;
  /** The directory with the database's data, in the server and on the Docker host. */
  dataDirectory: string;
  /** A Node 24 inside the server that is not on its PATH. */
  node: string;
  /** `sh -c` as root by docker exec, so that no SSH login is counted. */
  run(command: string, options?: Pick<CommandOptions, "input">): Promise<CommandResult>;
  copyIn(localPath: string, remotePath: string): Promise<void>;
  writeFile(path: string, content: string | Buffer, mode?: string): Promise<void>;
  readFile(path: string): Promise<string>;
  /** Rows unaligned, columns by `|`. */
  psql(sql: string, database?: string): Promise<string>;
  /** Logins by key since the server was made, as sshd wrote them down. */
  logins(): Promise<number>;
  startDatabase(): Promise<void>;
  stopDatabase(): Promise<void>;
  /** Removes the container and leaves its data. */
  removeDatabase(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}
