import type { DatabaseProperties } from "../../contract/database-properties.ts";
import type { RestoreRun } from "../restore/run.ts";

/** Where a backup is restored on trial: a server, and the database that is to be made in it. */
export interface Place {
  /** The rehearsal as a run in that server. */
  run: RestoreRun;
  /** The database that is made. */
  name: string;
  /** What it is called while it is filled. */
  filledAs: string;
  /** Another one of the server. */
  maintenance: string;
  /** What the database is given: the backup's properties, as far as they may be given here. */
  properties: DatabaseProperties;
  /** Whether the server's roles were made from the backup's, and must be the same. */
  rolesRestored: boolean;
  /** Bytes that the restored database needs here. */
  needed: number;
  /** Bytes that the rehearsal takes here by now. */
  used(signal: AbortSignal): Promise<number>;
  /** Bytes that are free on the same file system. */
  free(signal: AbortSignal): Promise<number>;
  /**
   * Makes that file system reachable.
   * @throws DockerError, ProgramError, InterruptedError; `remove` is due then too.
   */
  open(): Promise<void>;
  /**
   * Makes the server answer.
   * @returns in what it is not like the live one, one sentence each.
   * @throws as `open`, PsqlError
   */
  prepare(): Promise<string[]>;
  /** Takes everything away again. Not to be interrupted. */
  remove(): Promise<void>;
}
