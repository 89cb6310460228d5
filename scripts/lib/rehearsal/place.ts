import type { DatabaseProperties } from "../../contract/database-properties.ts";
import type { RestoreRun } from "../restore/run.ts";

/** The place of a trial restore: a server, and the database to be made in it. */
export interface Place {
  /** The rehearsal as a run in that server. */
  run: RestoreRun;
  /** The database that is made. */
  name: string;
  /** Its name while it is filled. */
  filledAs: string;
  /** Another one of the server. */
  maintenance: string;
  /** The properties for the database: those of the backup, as far as this server allows. */
  properties: DatabaseProperties;
  /** Whether the server's roles were made from the backup's roles, and must be equal. */
  rolesRestored: boolean;
  /** Bytes that the restored database needs here. */
  needed: number;
  /** Bytes that the rehearsal uses here now. */
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
   * @returns the differences from the live one, one sentence each.
   * @throws as `open`, PsqlError
   */
  prepare(): Promise<string[]>;
  /** Removes everything again. Cannot be interrupted. */
  remove(): Promise<void>;
}
