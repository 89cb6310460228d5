import { parseArgs } from "node:util";

/** A program's options as one table, for parsing and for its help. */

export interface Option {
  name: string;
  /** A line feed in it goes on below its first word. */
  description: string;
  /** The value's placeholder in the help; a flag has none. */
  value?: string;
  /** May be given several times; `values` has them all. */
  repeatable?: true;
  /** One letter that means the same. */
  short?: string;
}

export interface Arguments {
  flag(name: string): boolean;
  value(name: string): string | undefined;
  values(name: string): readonly string[];
  readonly operands: readonly string[];
}

/** @throws TypeError with Node's message for an unknown option, a missing value, or an unexpected operand. */
export function readWords(
  options: readonly Option[],
  argv: readonly string[],
  takesOperands = true,
): Arguments {
  const table = options.map(({ name, value, repeatable = false, short }) => [
    name,
    {
      type: value === undefined ? "boolean" : "string",
      multiple: repeatable,
      ...(short && { short }),
    } as const,
  ]);
  const parsed: { values: Record<string, unknown>; positionals: string[] } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(table),
    allowPositionals: takesOperands,
    strict: true,
  });
  const { values, positionals } = parsed;
  return {
    flag: (name) => values[name] === true,
    value: (name) => (typeof values[name] === "string" ? values[name] : undefined),
    values: (name) => (Array.isArray(values[name]) ? values[name] : []),
    operands: positionals,
  };
}

/** Two columns of a help, a line each. */
export function helpRows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...pairs.map(([first]) => first.length));
  const indent = " ".repeat(width + 4);
  return pairs.map(
    ([first, second]) => `  ${first.padEnd(width)}  ${second.replaceAll("\n", `\n${indent}`)}`,
  );
}

/** The options in a help. */
export const optionRows = (options: readonly Option[]): string[] =>
  helpRows(
    options.map(({ name, value, description }) => [
      `--${name}${value === undefined ? "" : ` ${value}`}`,
      description,
    ]),
  );

/** The exit codes in a help. */
export const exitRows = (codes: readonly (readonly [number, string])[]): string[] =>
  helpRows(codes.map(([code, meaning]) => [String(code), meaning]));
