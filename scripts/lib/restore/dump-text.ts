import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { compressionOfVerified, decompressor } from "../compression.ts";
import { letGo } from "../passing-buffers.ts";
import { DumpLines } from "./dump-lines.ts";

/**
 * Goes through the lines of a plain dump that are SQL, leaving out the rows of tables; memory is bounded.
 * Bytes are read as Latin-1, so non-ASCII names must be compared in that form (see `asLatin1`).
 * Stops reading as soon as `visit` returns false.
 */
export async function visitStatements(
  archive: string,
  visit: (line: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const lines = new DumpLines();
  let enough = false;
  const read = pipeline(
    createReadStream(archive),
    decompressor(compressionOfVerified(archive)),
    async (text: AsyncIterable<Buffer>) => {
      for await (const chunk of text) {
        letGo(chunk.length);
        for (const line of lines.take(chunk.toString("latin1"))) {
          enough = !visit(line);
          if (enough) return;
        }
      }
    },
    { signal },
  );
  await read.catch((error: unknown) => {
    signal.throwIfAborted();
    // To stop before the end breaks the pipeline off.
    if (!enough) throw error;
  });
}

/** A name as its UTF-8 bytes look in the lines that `visitStatements` gives. */
export const asLatin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

const otherDatabase: readonly [RegExp, string][] = [
  [/^-- PostgreSQL database cluster dump$/, "it is a dump of a whole server (pg_dumpall)"],
  [/^\\c(onnect)?\s/, "it connects to a database by itself (made with pg_dump --create?)"],
  [
    /^(CREATE|DROP|ALTER) DATABASE\s/,
    "it creates or drops a database by itself (made with pg_dump --create?)",
  ],
];
const headLines = 500;

/** Why the dump would reach another database than the one it is restored into, or null if its head shows nothing. */
export async function reachesElsewhere(archive: string, signal: AbortSignal): Promise<string | null> {
  let seen = 0;
  let reason: string | null = null;
  await visitStatements(
    archive,
    (line) => {
      reason ??= otherDatabase.find(([pattern]) => pattern.test(line))?.[1] ?? null;
      seen += 1;
      return reason === null && seen < headLines;
    },
    signal,
  );
  return reason;
}
