import type { Content } from "../../contract/content.ts";
import type { DatabaseProperties } from "../../contract/database-properties.ts";
import { messageOf } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { plural } from "../base/format.ts";
import { contentDifferences } from "../content/differences.ts";
import { readContent } from "../content/read-content.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import { detachSubscriptions } from "../postgres/subscriptions.ts";
import { RestoreError } from "./errors.ts";
import { type Filling, fill, giveProperties } from "./filling.ts";
import { type NotLoaded, NotLoadedList } from "./keep-going.ts";
import type { LiveServer } from "./live-server.ts";
import { loadAsFarAsPossible } from "./load-into.ts";
import { contentText } from "./report.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";
import { gatherStatistics } from "./statistics.ts";

export interface PartlyFilled {
  /** Null if it could not be read; `differences` has the reason. */
  content: Content | null;
  createdRoles: string[];
  /** How many statements of the dump failed. */
  notLoadedCount: number;
  /** The first thousand of them. */
  notLoaded: NotLoaded[];
  /** Differences of the database from the manifest and from the live database's properties. */
  differences: string[];
}

/**
 * Fills the new database `name` with all parts of the file that can be loaded, and lists the missing parts.
 * @throws as `fill`, for errors that end a load at once
 */
export function fillPartly(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  properties: DatabaseProperties,
  name: string,
): Promise<PartlyFilled> {
  let failed = new NotLoadedList();
  return fill(run, server, source, properties, name, {
    load: async ({ signal, way }) => {
      failed = await loadAsFarAsPossible(run, source, name, way, signal);
    },
    finish: async (filling) => ({
      ...(await finish(run, source, properties, filling)),
      notLoadedCount: failed.count,
      notLoaded: failed.first,
    }),
  });
}

async function finish(
  run: RestoreRun,
  { manifest }: RestoreSource,
  properties: DatabaseProperties,
  { inside, maintenance, name }: Filling,
): Promise<Pick<PartlyFilled, "content" | "differences">> {
  const differences: string[] = [];
  /** Null, and a new difference, if the step fails on the loaded database. */
  const attempt = async <T>(what: string, step: () => Promise<T>): Promise<T | null> => {
    try {
      return await step();
    } catch (error) {
      const refused = error instanceof PsqlError && error.kind === "query";
      if (!refused && !(error instanceof RestoreError && error.kind === "check")) throw error;
      differences.push(`${what}: ${messageOf(error)}`);
      return null;
    }
  };
  const expected = manifest?.content ?? null;
  const content = await attempt("its content could not be read and compared", () =>
    readContent(inside, expected?.proof ?? "rows"),
  );
  if (content !== null && expected !== null) differences.push(...contentDifferences(expected, content));
  if (expected === null) differences.push("nothing says what it should hold: it was not compared");
  await attempt("statistics could not be gathered", () => gatherStatistics(run, inside));
  await attempt("subscriptions could not be detached", () => detachSubscriptions(run, maintenance, name));
  await attempt("its properties could not be given", () => giveProperties(maintenance, name, properties));
  return { content, differences };
}

/** Whether nothing is missing and nothing differs. */
export const isWhole = ({ differences, notLoadedCount }: PartlyFilled): boolean =>
  notLoadedCount === 0 && differences.length === 0;

export const partlyExitCode = (report: PartlyFilled): ExitCode =>
  isWhole(report) ? ExitCode.success : ExitCode.different;

/** The content and the missing parts, in one line. */
export function partlyText(name: string, report: PartlyFilled): string {
  const { content, createdRoles, differences, notLoadedCount } = report;
  const has = `the new database ${name} has ${content === null ? "what could be loaded" : contentText({ content, createdRoles })}`;
  if (isWhole(report)) return `restore finished: ${has}; nothing is missing`;
  return `restore finished, but not all of it: ${has}; ${plural(notLoadedCount, "statement")} of the dump failed, ${plural(differences.length, "difference")} from what was backed up [DBK-RESTORE-15]`;
}

/** The long text for people: every missing object with advice, and every difference. */
export function missingText({ differences, notLoaded, notLoadedCount }: PartlyFilled): string {
  const failures = notLoaded.map(({ cure, message, object, sqlState }) => {
    const code = sqlState === null ? "" : ` (${sqlState})`;
    return `  ${object === null ? "" : `${object}: `}${message}${code}${cure === null ? "" : `; ${cure}`}`;
  });
  const more = notLoadedCount - notLoaded.length;
  return [
    ...(notLoadedCount === 0 ? [] : [`Not loaded (${notLoadedCount}):`, ...failures]),
    ...(more === 0 ? [] : [`  and ${more} more`]),
    ...(differences.length === 0 ? [] : ["Different from what was backed up:"]),
    ...differences.map((difference) => `  ${difference}`),
    ...(notLoadedCount + differences.length === 0 ? ["Nothing is missing."] : []),
  ].join("\n");
}
