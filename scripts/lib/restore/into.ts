import type { DatabaseProperties } from "../../contract/database-properties.ts";
import type { Settings } from "../../contract/settings.ts";
import { recogniseDatabase } from "../postgres/database-names.ts";
import type { LogLevel } from "../program/log.ts";
import { dropLeftovers } from "../recovery/leftover-databases.ts";
import { unfinishedInPlace } from "../store/in-place-state.ts";
import { RestoreError } from "./errors.ts";
import type { Filled } from "./filling.ts";
import type { LiveServer } from "./live-server.ts";
import { fillPartly, isWhole, missingText, type PartlyFilled, partlyText } from "./partly-filling.ts";
import { refuseUnfit } from "./refusals.ts";
import { contentText } from "./report.ts";
import { lockForRestore, namesOf, propertiesFor, surveyServer } from "./restoration.ts";
import type { RestoreRun } from "./run.ts";
import { fillSideBySide, restoreSideBySide } from "./side-by-side.ts";
import type { RestoreSource } from "./source.ts";
import { requireSpaceSideBySide } from "./space-check.ts";
import { swapDatabases } from "./swap.ts";

export interface IntoReport extends Filled {
  /** The new database. */
  into: string;
}

export interface PartlyIntoReport extends PartlyFilled {
  /** The new database. */
  into: string;
}

const serversOwn: readonly string[] = ["postgres", "template0", "template1"];
/** PostgreSQL cuts longer names off without an error. */
const longestName = 63;

/** Why a restore may not make a database of this name; null when it may. */
function nameRefusal(name: string, settings: Settings, present: readonly string[]): string | null {
  const refusals: [boolean, string][] = [
    [serversOwn.includes(name), "is the server's own"],
    [
      settings.databases.some(({ database }) => database === name),
      "is a live database's name: restore without --into to replace it",
    ],
    [
      settings.databases.some(({ database }) => recogniseDatabase(database, name) !== null),
      "looks like a temporary database of a restore",
    ],
    [present.includes(name), "exists already"],
    [Buffer.byteLength(name) > longestName, `is longer than ${longestName} bytes`],
    [/[\0\r\n]/.test(name), "has a line break in it"],
  ];
  return refusals.find(([applies]) => applies)?.[1] ?? null;
}

/** @throws RestoreError when the file cannot go into a new database of this name. */
export async function refuseInto(
  run: RestoreRun,
  source: RestoreSource,
  name: string,
  server: LiveServer,
): Promise<void> {
  refuseUnfit(source, server, run.database, false);
  const reason = nameRefusal(name, run.settings, namesOf(server));
  if (reason !== null)
    throw new RestoreError("obstacle", `${name} ${reason}; choose another name [DBK-RESTORE-10]`);
  await requireSpaceSideBySide(run, source, server, "");
}

/**
 * Restores a verified file into a new database with the live one's properties. The database gets its name when it is
 * complete. Until then it has the name of an unfinished restore, so nobody takes a part for the whole.
 * @throws ProgramError with the exit code that fits
 */
export const restoreInto = (run: RestoreRun, source: RestoreSource, name: string): Promise<IntoReport> =>
  intoNew(run, source, name, async (server, properties, named) => {
    const filled = await restoreSideBySide(run, server, source, properties, named);
    return {
      report: filled,
      level: "info",
      text: `restore finished: the new database ${name} has ${contentText(filled)}`,
    };
  });

/**
 * The same with all parts of the file that can be loaded. The report lists the missing parts.
 * @throws ProgramError with the exit code that fits
 */
export const restorePartlyInto = (
  run: RestoreRun,
  source: RestoreSource,
  name: string,
): Promise<PartlyIntoReport> =>
  intoNew(run, source, name, async (server, properties, named) => {
    const report = await fillSideBySide(
      run,
      server,
      (incoming) => fillPartly(run, server, source, properties, incoming),
      named,
    );
    run.output.print(missingText(report));
    return { report, level: isWhole(report) ? "info" : "warning", text: partlyText(name, report) };
  });

/** The result of a fill, and the sentence that reports it. */
interface Made<T> {
  report: T;
  level: LogLevel;
  text: string;
}

async function intoNew<T extends object>(
  run: RestoreRun,
  source: RestoreSource,
  name: string,
  make: (
    server: LiveServer,
    properties: DatabaseProperties,
    named: (incoming: string) => Promise<{ into: string }>,
  ) => Promise<Made<T>>,
): Promise<T> {
  const { database, log, settings } = run;
  await refuseInto(run, source, name, await surveyServer(run));
  const lock = await lockForRestore(run);
  try {
    log.event("info", database.name, `restore started: ${source.path} into the new database ${name}`);
    const server = await surveyServer(run);
    await dropLeftovers(run, server.maintenance, namesOf(server));
    await refuseInto(run, source, name, server);
    const properties = propertiesFor(run, source, server, unfinishedInPlace(settings, database, server));
    const { level, report, text } = await make(server, properties, async (incoming) => {
      await swapDatabases(run, server.maintenance, { live: name, incoming, outgoing: null });
      return { into: name };
    });
    const live = `${database.database} is ${server.live === null ? "still missing" : "unchanged"}`;
    log.event(level, database.name, `${text}; ${live}`);
    return report;
  } finally {
    lock.release();
  }
}
