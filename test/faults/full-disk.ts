import { dirname } from "node:path";
import type { FaultServer } from "./fault-server.ts";

/** Shell commands that fill the file system of the databases in the middle of a restore. */

/** The file system of the data directory. */
export const dataDisk = ({ sandbox }: FaultServer): string => dirname(sandbox.dataDirectory);

/** Fills a directory's file system at once, because a small database is loaded within a second. */
export const fill = (directory: string): string =>
  `fallocate -l "$(df --output=avail -B1 ${directory} | tail -n 1)" ${directory}/filler; head -c 1G /dev/zero >>${directory}/filler 2>/dev/null`;

export const makeRoom = (directory: string): string => `rm -f ${directory}/filler`;

/**
 * Starts a command, and executes `act` when PostgreSQL has begun to create a database; exits with 99 if it never did. It
 * watches the directory, because a query takes longer than a load. PostgreSQL is paused meanwhile: otherwise a load may
 * end before a disk is full.
 * @param after must have ended before it looks for a new database.
 */
export const whileDatabaseIsMade = (
  { sandbox }: FaultServer,
  command: string,
  act: string,
  after = ":",
): string => `cd ${sandbox.dataDirectory}/base && known=$(ls); ${command} </dev/null & pid=$!
  ${after}
  until ls | grep -vqxF "$known"; do kill -0 $pid || exit 99; done
  docker pause ${sandbox.container} >/dev/null; ${act}; docker unpause ${sandbox.container} >/dev/null; wait $pid`;
