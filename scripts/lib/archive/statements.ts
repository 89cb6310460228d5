import { decodeAs, encodingIn } from "../postgres/encodings.ts";
import { DumpLines } from "./dump-lines.ts";
import { formatOfVerified } from "./format.ts";
import { readArchive } from "./read.ts";

/** Gives lines, which were read as Latin-1, as what they are in the encoding that the dump has set. */
export class LineDecoder {
  #encoding = "UTF8";

  decode(line: string): string {
    if (line.startsWith("SET client_encoding")) this.#encoding = encodingIn(line) ?? this.#encoding;
    return isAscii(line) ? line : decodeAs(Buffer.from(line, "latin1"), this.#encoding);
  }
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

/**
 * Gives a plain dump's text in pieces, read as Latin-1: one character a byte. Stops as soon as `take` returns false.
 * @throws a system error, or the signal's reason
 */
export async function readDump(
  archive: string,
  take: (text: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  let enough = false;
  const read = readArchive(archive, formatOfVerified(archive), {
    take: (text) => {
      enough = !take(text);
      // To stop before the end breaks the pipeline off.
      if (enough) throw new Error("the rest is not wanted");
    },
    signal,
  });
  await read.catch((error: unknown) => {
    signal.throwIfAborted();
    if (!enough) throw error;
  });
}

/**
 * Goes through the lines of a plain dump that are SQL, leaving out the rows of tables; memory is bounded.
 * Stops reading as soon as `visit` returns false.
 */
export async function visitStatements(
  archive: string,
  visit: (line: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const lines = new DumpLines();
  const decoder = new LineDecoder();
  const take = (text: string): boolean => {
    for (const line of lines.take(text)) if (!visit(decoder.decode(line))) return false;
    return true;
  };
  await readDump(archive, take, signal);
}

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
