import type { Arguments } from "../../contract/command-line.ts";
import { type Settings, settingsPath } from "../../contract/settings.ts";
import { InterruptedError, messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatTime } from "../base/format.ts";
import { newRunId } from "../base/run-id.ts";
import { type Colour, painter, printable, usesColour } from "../base/terminal.ts";
import { type CommandLine, helpText, parseArguments } from "./arguments.ts";
import { type Log, type LogEntry, oneLine, openLog } from "./log.ts";
import { readSettings, SettingsError } from "./settings.ts";

export interface Output {
  /** Text for people, on stdout; not with --quiet. */
  print(text: string): void;
  /** For programs, on stdout; also with --quiet. */
  data(text: string): void;
  /** On stderr. */
  error(text: string): void;
  paint(colour: Colour, text: string): string;
  /** Whether a person watches: a terminal, and neither --quiet nor --json. */
  readonly interactive: boolean;
}

export interface ProgramContext {
  /** The program's name. */
  program: string;
  settings: Settings;
  arguments: Arguments;
  output: Output;
  runId: string;
  /** Aborted with an InterruptedError on SIGTERM, SIGINT and SIGHUP. */
  signal: AbortSignal;
  /** The programs' log; what is logged is also printed. */
  log: Log;
}

export interface Program {
  commandLine: CommandLine;
  /** Returns the exit code. A thrown error is reported and decides the exit code. */
  main(context: ProgramContext): Promise<number>;
  /** The calls that anybody may make; without it root alone may make any. */
  isForAnybody?(given: Arguments): boolean;
  /** Set by a program that reports problems of the log itself: then nothing goes to stderr for them. */
  judgesLog?: boolean;
  /** The exit code for every error, of a program with codes of its own; `exitCodeOf` decides unless set. */
  failureCode?: number;
}

/** The signals that end a run in an orderly way. */
export const interruptions = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

const safePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Runs a program from its command line to its exit code: umask, root, settings, signals, errors. It is not awaited:
 * the bundles are CommonJS.
 */
export function runProgram(program: Program, argv: readonly string[] = process.argv.slice(2)): void {
  process.umask(0o077);
  process.env.PATH ??= safePath;
  // The reader of the output may be gone (a lost ssh connection, `| head`). That must not end a restore between drop
  // and rename.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  prepared(program, argv).then(
    (exitCode) => {
      process.exitCode = exitCode;
    },
    (error: unknown) => {
      process.stderr.write(printable(`${program.commandLine.program}: ${oneLine(messageOf(error))}\n`));
      process.exitCode = program.failureCode ?? exitCodeOf(error);
    },
  );
}

/** The exit code of a program that `error` ends. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ProgramError) return error.exitCode;
  return error instanceof SettingsError ? ExitCode.configuration : ExitCode.failed;
}

async function prepared(
  { commandLine, isForAnybody = () => false, judgesLog = false, main }: Program,
  argv: readonly string[],
): Promise<number> {
  const parsed = parseArguments(commandLine, argv);
  const output = outputFor(parsed);
  if (parsed.flag("help")) {
    output.data(helpText(commandLine));
    return ExitCode.success;
  }
  if (process.getuid?.() !== 0 && !isForAnybody(parsed))
    throw new ProgramError("only root can run this; use sudo [DBK-USAGE-2]", ExitCode.notPermitted);
  const settings = readSettings(parsed.value("settings") ?? settingsPath);
  const runId = newRunId(new Date());
  const paintError = painter(usesColour(process.stderr));
  const show = (entry: LogEntry) => {
    const place = entry.database === null ? "" : `${entry.database}: `;
    const line = `${formatTime(entry.time)}  ${place}${entry.text}`;
    if (entry.level === "error") output.error(paintError("red", line));
    else output.print(entry.level === "warning" ? output.paint("yellow", line) : line);
  };
  const lost = judgesLog ? () => {} : undefined;
  const log = openLog(settings.paths.log, commandLine.program, runId, show, lost);
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals) =>
    controller.abort(new InterruptedError(`ended by ${signal} [DBK-RECOVERY-1]`));
  for (const signal of interruptions) process.on(signal, interrupt);
  try {
    const { program } = commandLine;
    return await main({
      program,
      settings,
      arguments: parsed,
      output,
      runId,
      signal: controller.signal,
      log,
    });
  } finally {
    for (const signal of interruptions) process.off(signal, interrupt);
    log.close();
  }
}

function outputFor(parsed: Arguments): Output {
  const quiet = parsed.flag("quiet");
  const json = parsed.flag("json");
  const write = (text: string) => process.stdout.write(printable(text.endsWith("\n") ? text : `${text}\n`));
  return {
    print: (text) => {
      if (!quiet && !json) write(text);
    },
    data: write,
    error: (text) => process.stderr.write(printable(`${text}\n`)),
    paint: painter(usesColour(process.stdout)),
    interactive: process.stdout.isTTY === true && !quiet && !json,
  };
}
