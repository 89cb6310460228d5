import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { archiveNames, parseStem, rehearsalRecordName } from "../backup-name.ts";
import { listFiles } from "../backups.ts";
import { replaceDurably } from "../durable-file.ts";
import { messageOf, ProgramError, systemCode } from "../errors.ts";
import { ExitCode } from "../exit-codes.ts";
import { isoTime } from "../iso-time.ts";
import { knownWord } from "../known-word.ts";

/** Words of a record; a later version may have more. */
export const rehearsalWords = {
  where: ["container", "database"],
  compared: ["full", "rows", "nothing"],
  result: ["equal", "different", "failed"],
} as const;
type Words = typeof rehearsalWords;

/** What a rehearsal showed. */
export const rehearsalResult = {
  /** The whole rehearsal. */
  durationSeconds: z.number(),
  /** Making the database and filling it, as a restore does; null if it did not get that far. */
  restoreSeconds: z.nullable(z.number()),
  /** Always a container; the programs of older versions also rehearsed in a database of the live server. */
  where: z.string(),
  /** What the manifest allowed to be compared: everything, the tables' rows, or nothing (an adopted backup). */
  compared: z.string(),
  result: z.string(),
  /** One sentence each. */
  differences: z.array(z.string()),
  /** What could not be tried or compared, and why; absent where there is nothing of the kind. */
  untried: z.optional(z.array(z.object({ what: z.string(), why: z.string() }))),
  /** Why it failed; null unless it did. */
  error: z.nullable(z.string()),
};

/**
 * What the newest rehearsal of a backup showed; the `.rehearsal.json` beside its archive. Times are UTC ISO. Later
 * versions of the programs may add properties and words: readers pass over what they do not know, and take no result for
 * good that they do not know.
 */
const Written = z.object({
  version: z.literal(1),
  runId: z.string(),
  /** The archive's file name; its digest as it was read then, null when it could not be. */
  archive: z.string(),
  archiveSha256: z.nullable(z.string()),
  startedAt: isoTime,
  ...rehearsalResult,
  /** How many materialized views were compared; absent in records of older programs, which compare none. */
  materializedViews: z.optional(z.int()),
});
export type RehearsalRecord = Omit<z.infer<typeof Written>, "compared" | "result"> & {
  compared: Words["compared"][number];
  result: Words["result"][number];
};

/** @throws SyntaxError or ZodError for a text that is no record. */
export function parseRecord(text: string): RehearsalRecord {
  const { compared, result, ...written } = z.parse(Written, JSON.parse(text));
  return {
    ...written,
    compared: knownWord(rehearsalWords.compared, compared, "nothing"),
    result: knownWord(rehearsalWords.result, result, "failed"),
  };
}

/** What was only counted, or compared with nothing, proves too little. */
export const isSuccess = ({ compared, result }: RehearsalRecord): boolean =>
  result === "equal" && compared === "full";

/**
 * Writes the record (0600) of the backup `stem` in the place of an older one, whole or not at all.
 * @param temporary a path in the same directory.
 */
export function writeRehearsal(
  directory: string,
  stem: string,
  temporary: string,
  record: RehearsalRecord,
): void {
  const path = join(directory, rehearsalRecordName(stem));
  replaceDurably(path, temporary, `${JSON.stringify(record, null, 2)}\n`);
}

/** Why no result of a rehearsal lies in the directory, from what was thrown when it was to be written there. */
export function unwrittenRecord(directory: string, error: unknown): ProgramError {
  return new ProgramError(
    `its result could not be written in ${directory}: ${messageOf(error)}`,
    systemCode(error) === "ENOSPC" ? ExitCode.noSpace : ExitCode.failed,
    error,
  );
}

/** The records of a database's backups, newest rehearsal first; a file that is none is left out. */
export function readRehearsals(directory: string, database: string): RehearsalRecord[] {
  return listFiles(directory)
    .flatMap((fileName) => {
      const stem = /^(.+)\.rehearsal\.json$/.exec(fileName)?.[1];
      if (stem === undefined || parseStem(stem)?.database !== database) return [];
      const record = recordOf(join(directory, fileName));
      return record !== null && archiveNames(stem).includes(record.archive) ? [record] : [];
    })
    .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

/** The record of the backup `stem`; null where there is none, or one that cannot be read. */
export const readRecord = (directory: string, stem: string): RehearsalRecord | null =>
  recordOf(join(directory, rehearsalRecordName(stem)));

function recordOf(path: string): RehearsalRecord | null {
  try {
    return parseRecord(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
