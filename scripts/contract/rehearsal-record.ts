import * as z from "zod/mini";
import { isoTime } from "../lib/base/iso-time.ts";
import { knownWord } from "../lib/base/known-word.ts";

/** Words of a record; a later version may have more. */
export const rehearsalWords = {
  where: ["container", "database"],
  compared: ["full", "rows", "nothing"],
  result: ["equal", "different", "failed"],
} as const;
type Words = typeof rehearsalWords;

/** The result of a rehearsal. */
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
  /** The parts that could not be tried or compared, with reasons; absent if there are none. */
  untried: z.optional(z.array(z.object({ what: z.string(), why: z.string() }))),
  /** Why it failed; null unless it did. */
  error: z.nullable(z.string()),
};

/**
 * The result of the newest rehearsal of a backup: the `.rehearsal.json` beside its archive. Times are UTC ISO. Later
 * versions of the programs may add properties and words: readers ignore unknown ones, and count no unknown result as
 * good.
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
