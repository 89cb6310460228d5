import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import type { Log } from "../program/log.ts";
import type { Output, ProgramContext } from "../program/program.ts";
import { Server } from "./server.ts";

/** One run of a program for one database: the objects that every step needs. */
export interface Run {
  /** The program's name. */
  program: string;
  settings: Settings;
  database: DatabaseSettings;
  /** The database's server, as this run queries it. */
  server: Server;
  runId: string;
  log: Log;
  output: Output;
  /** Aborted with an InterruptedError when the run must end. */
  signal: AbortSignal;
}

/** Makes the run of a program for one of its databases. */
export function runFor(context: Omit<ProgramContext, "arguments">, database: DatabaseSettings): Run {
  const { log, output, program, runId, settings, signal } = context;
  const server = Server.of({ settings, database, runId });
  return { program, settings, database, server, runId, log, output, signal };
}

/** The same run, for another database. */
export const withDatabase = <R extends Run>(run: R, database: DatabaseSettings): R => ({
  ...run,
  database,
  server: Server.of({ ...run, database }),
});
