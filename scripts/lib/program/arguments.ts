import {
  type Arguments,
  exitRows,
  helpRows,
  type Option,
  optionRows,
  readWords,
} from "../../contract/command-line.ts";
import { messageOf, UsageError } from "../base/errors.ts";

/** A program's command line: its options are this table, and so is its help. */
export interface CommandLine {
  program: string;
  summary: string;
  operands?: { placeholder: string; description: string; minimum: number; maximum: number };
  options: readonly Option[];
  exitCodes: readonly (readonly [number, string])[];
  examples?: readonly (readonly [string, string])[];
}

/** Every program has these. */
export const commonOptions: readonly Option[] = [
  { name: "settings", value: "PATH", description: "the settings file, if not the deployed one" },
  { name: "quiet", description: "print nothing but errors" },
  { name: "help", description: "print this help" },
];

/** @throws UsageError for an unknown option, a missing value, too few or too many operands. */
export function parseArguments(commandLine: CommandLine, argv: readonly string[]): Arguments {
  const hint = `see ${commandLine.program} --help`;
  let read: Arguments;
  try {
    read = readWords([...commandLine.options, ...commonOptions], argv);
  } catch (error) {
    const [reason] = messageOf(error).split(". ");
    throw new UsageError(`${reason}; ${hint}`, error);
  }
  const { operands } = read;
  const { minimum, maximum, placeholder } = commandLine.operands ?? {
    minimum: 0,
    maximum: 0,
    placeholder: "",
  };
  if (!read.flag("help") && operands.length < minimum)
    throw new UsageError(`${placeholder} is missing; ${hint}`);
  if (operands.length > maximum) throw new UsageError(`unexpected "${operands[maximum]}"; ${hint}`);
  return read;
}

/** The text of --help. */
export function helpText(commandLine: CommandLine): string {
  const { program, summary, operands, options, exitCodes, examples = [] } = commandLine;
  const section = (title: string, rows: readonly string[]) =>
    rows.length === 0 ? [] : ["", `${title}:`, ...rows];
  return [
    `Usage: ${program} [OPTION…]${operands === undefined ? "" : ` ${operands.placeholder}`}`,
    summary,
    ...section(
      "Operands",
      operands === undefined ? [] : helpRows([[operands.placeholder, operands.description]]),
    ),
    ...section("Options", optionRows([...options, ...commonOptions])),
    ...section("Exit codes", exitRows(exitCodes)),
    ...section("Examples", helpRows(examples)),
    "",
  ].join("\n");
}
