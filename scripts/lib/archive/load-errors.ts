import { decodeAs } from "../postgres/encodings.ts";

/** The message of PostgreSQL or psql when a statement of a dump failed. */
export interface LoadError {
  /** The line of psql's input, from 1, at which the statement ends; null if unknown. */
  line: number | null;
  /** Null for an error of psql's own. */
  sqlState: string | null;
  message: string;
  /** The table and the constraint or column of the error, if the message has them. */
  schema: string | null;
  table: string | null;
  constraint: string | null;
  column: string | null;
  /** Names of the functions in which it happened, the innermost first. */
  functions: string[];
}

const beginning = /^psql:(?:<stdin>:(?<line>\d+):)? ?(?<said>.*)$/;
/** A line of VERBOSITY=verbose. Only the code is the same in every language. */
const coded = /^[^:]+: {2}(?<state>[0-9A-Z]{5}): (?<message>.*)$/;
/** Successes, warnings and notices. */
const harmless = /^0[0-2]/;
const inFunction = /(?:SQL|PL\/\w+) function "?(?<name>[^"(\s]+)/g;

const fields: readonly [RegExp, "schema" | "table" | "constraint" | "column"][] = [
  [/^SCHEMA NAME: {2}(.*)$/m, "schema"],
  [/^TABLE NAME: {2}(.*)$/m, "table"],
  [/^CONSTRAINT NAME: {2}(.*)$/m, "constraint"],
  [/^COLUMN NAME: {2}(.*)$/m, "column"],
];

/**
 * The errors in the stderr of a psql with VERBOSITY=verbose. Details and contexts, which show rows, are left out.
 * @param stderr each byte a character.
 */
export function loadErrors(stderr: string): LoadError[] {
  return messagesIn(readable(stderr)).flatMap(([first = "", ...rest]) => {
    const { line, said = "" } = beginning.exec(first)?.groups ?? { said: first };
    const { state = null, message = said.replace(/^[a-z]+: /, "") } = coded.exec(said)?.groups ?? {};
    if (state === null ? isRemark(said) : harmless.test(state)) return [];
    const more = rest.join("\n");
    const error: LoadError = {
      line: line === undefined ? null : Number(line),
      sqlState: state,
      message: message.trim(),
      schema: null,
      table: null,
      constraint: null,
      column: null,
      // Without its schema: the message has none for an SQL function.
      functions: [...more.matchAll(inFunction)].map(({ groups }) => groups?.name?.replace(/^.*\./, "") ?? ""),
    };
    for (const [pattern, name] of fields) error[name] = pattern.exec(more)?.[1] ?? null;
    return [error];
  });
}

/** Decodes bytes that were read as Latin-1: as UTF-8, or as Latin-1 if a line is not UTF-8. */
export const readable = (words: string): string =>
  words
    .split("\n")
    .map((line) => decodeAs(Buffer.from(line, "latin1"), "UTF8"))
    .join("\n");

/** A server's message without a code, such as a WARNING of a psql that hides codes. */
const isRemark = (said: string): boolean => /^(?:WARNING|NOTICE|INFO|LOG|DEBUG): {2}/.test(said);

/** Each message's lines. */
function messagesIn(stderr: string): string[][] {
  const messages: string[][] = [];
  for (const line of stderr.split("\n")) {
    if (line.startsWith("psql:")) messages.push([line]);
    else messages.at(-1)?.push(line);
  }
  return messages;
}
