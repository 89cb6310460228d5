import { decodeAs, encodingIn } from "../postgres/encodings.ts";
import { DumpLines } from "./dump-lines.ts";
import { formatOfVerified } from "./format.ts";
import { readArchive } from "./read.ts";

/** Decodes lines, which were read as Latin-1, by the encoding that the dump has set. */
export class LineDecoder {
  #encoding = "UTF8";

  decode(line: string): string {
    if (line.startsWith("SET client_encoding")) this.#encoding = encodingIn(line) ?? this.#encoding;
    return isAscii(line) ? line : decodeAs(Buffer.from(line, "latin1"), this.#encoding);
  }
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

/**
 * Passes a plain dump's text on in pieces, read as Latin-1: one character per byte. Stops as soon as `take` returns
 * false.
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
      // An early stop aborts the pipeline.
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
 * Visits the SQL lines of a plain dump, without the rows of tables, in bounded memory. Stops reading as soon as `visit`
 * returns false.
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

/** Why the dump would reach another database than the one it is restored into; null if its head shows no such thing. */
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
