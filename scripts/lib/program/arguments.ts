import { parseArgs } from "node:util";
import { messageOf, UsageError } from "../base/errors.ts";

export interface Option {
  name: string;
  description: string;
  /** What stands for the value in the help; a flag without one. */
  value?: string;
  /** May be given several times; `values` has them all. */
  repeatable?: true;
}

/** A program's command line: its options are this table, and so is its help. */
export interface CommandLine {
  program: string;
  summary: string;
  operands?: { placeholder: string; description: string; minimum: number; maximum: number };
  options: readonly Option[];
  exitCodes: readonly (readonly [number, string])[];
  examples?: readonly (readonly [string, string])[];
}

export interface Arguments {
  flag(name: string): boolean;
  value(name: string): string | undefined;
  values(name: string): readonly string[];
  readonly operands: readonly string[];
}

/** Every program has these. */
export const commonOptions: readonly Option[] = [
  { name: "settings", value: "PATH", description: "the settings file, if not the deployed one" },
  { name: "quiet", description: "print nothing but errors" },
  { name: "help", description: "print this help" },
];

/** @throws UsageError for an unknown option, a missing value, too few or too many operands. */
export function parseArguments(commandLine: CommandLine, argv: readonly string[]): Arguments {
  const all = [...commandLine.options, ...commonOptions];
  const options = Object.fromEntries(
    all.map(({ name, value, repeatable = false }) => [
      name,
      { type: value === undefined ? "boolean" : "string", multiple: repeatable } as const,
    ]),
  );
  const hint = `see ${commandLine.program} --help`;
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const [reason] = messageOf(error).split(". ");
    throw new UsageError(`${reason}; ${hint}`, error);
  }
  const { values, positionals } = parsed;
  const { minimum, maximum, placeholder } = commandLine.operands ?? {
    minimum: 0,
    maximum: 0,
    placeholder: "",
  };
  const asksForHelp = values.help === true;
  if (!asksForHelp && positionals.length < minimum)
    throw new UsageError(`${placeholder} is missing; ${hint}`);
  if (positionals.length > maximum) throw new UsageError(`unexpected "${positionals[maximum]}"; ${hint}`);
  return {
    flag: (name) => values[name] === true,
    value: (name) => (typeof values[name] === "string" ? values[name] : undefined),
    values: (name) => (Array.isArray(values[name]) ? values[name] : []),
    operands: positionals,
  };
}

/** The text of --help. */
export function helpText(commandLine: CommandLine): string {
  const { program, summary, operands, options, exitCodes, examples = [] } = commandLine;
  const left = ({ name, value }: Option) => `--${name}${value === undefined ? "" : ` ${value}`}`;
  const rows = (pairs: readonly (readonly [string, string])[]) => {
    const width = Math.max(...pairs.map(([first]) => first.length));
    return pairs.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
  };
  const section = (title: string, pairs: readonly (readonly [string, string])[]) =>
    pairs.length === 0 ? [] : ["", `${title}:`, ...rows(pairs)];
  return [
    `Usage: ${program} [OPTION…]${operands === undefined ? "" : ` ${operands.placeholder}`}`,
    summary,
    ...section("Operands", operands === undefined ? [] : [[operands.placeholder, operands.description]]),
    ...section(
      "Options",
      [...options, ...commonOptions].map((option) => [left(option), option.description]),
    ),
    ...section(
      "Exit codes",
      exitCodes.map(([code, meaning]) => [String(code), meaning]),
    ),
    ...section("Examples", examples),
    "",
  ].join("\n");
}
