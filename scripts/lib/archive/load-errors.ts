import { decodeAs } from "../postgres/encodings.ts";

/** What PostgreSQL or psql said when a statement of a dump failed. */
export interface LoadError {
  /** Of what psql was given, from 1: where the statement ends; null where it does not say. */
  line: number | null;
  /** Null for an error of psql's own. */
  sqlState: string | null;
  message: string;
  /** The table and the constraint or column that the error is about, as far as it says. */
  schema: string | null;
  table: string | null;
  constraint: string | null;
  column: string | null;
  /** Names of the functions in which it happened, the innermost first. */
  functions: string[];
}

const beginning = /^psql:(?:<stdin>:(?<line>\d+):)? ?(?<said>.*)$/;
/** As VERBOSITY=verbose has it. Only the code is the same in every language. */
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
 * The errors in what a psql with VERBOSITY=verbose has written on standard error. Details and contexts, which show rows,
 * are left out.
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
      // Without its schema: an SQL function's is not said.
      functions: [...more.matchAll(inFunction)].map(({ groups }) => groups?.name?.replace(/^.*\./, "") ?? ""),
    };
    for (const [pattern, name] of fields) error[name] = pattern.exec(more)?.[1] ?? null;
    return [error];
  });
}

/** Bytes that were read as Latin-1 as the text that they are: UTF-8, or a line that is none in Latin-1. */
export const readable = (words: string): string =>
  words
    .split("\n")
    .map((line) => decodeAs(Buffer.from(line, "latin1"), "UTF8"))
    .join("\n");

/** A server's words without a code, such as a WARNING of a psql that hides codes. */
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
