import { dirname } from "node:path";
import type { FaultServer } from "./fault-server.ts";

/** How the file system of the databases fills up in the middle of a restore, in words for a shell on the server. */

/** The file system of the data directory. */
export const dataDisk = ({ sandbox }: FaultServer): string => dirname(sandbox.dataDirectory);

/** Takes all that is free in a directory at once: a small database is loaded in a second. */
export const fill = (directory: string): string =>
  `fallocate -l "$(df --output=avail -B1 ${directory} | tail -n 1)" ${directory}/filler; head -c 1G /dev/zero >>${directory}/filler 2>/dev/null`;

export const makeRoom = (directory: string): string => `rm -f ${directory}/filler`;

/**
 * Starts a command and has `act` happen when PostgreSQL has begun to make a database; 99 if that never was. The
 * directory is looked at: to ask PostgreSQL takes longer than a load.
 * @param after has to be over before a new database is looked for.
 */
export const whileDatabaseIsMade = (
  { sandbox }: FaultServer,
  command: string,
  act: string,
  after = ":",
): string => `cd ${sandbox.dataDirectory}/base && known=$(ls); ${command} </dev/null & pid=$!
  ${after}
  until ls | grep -vqxF "$known"; do kill -0 $pid || exit 99; done
  ${act}; wait $pid`;
