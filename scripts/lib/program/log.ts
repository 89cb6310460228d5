import { closeSync, writeSync } from "node:fs";
import { fullDisk, logProblem, openToAppend } from "./regular-file.ts";

export type LogLevel = "info" | "warning" | "error";

export interface LogEntry {
  time: Date;
  level: LogLevel;
  /** The database's key in the configuration; null if the entry concerns the whole run. */
  database: string | null;
  runId: string | null;
  program: string;
  text: string;
}

export interface Log {
  readonly runId: string;
  /** Why it could not be opened, or its last line could not be written; null if there is no problem. */
  readonly problem: string | null;
  /** Appends one line, and shows it to the person who runs the program. Never pass anything secret. */
  event(level: LogLevel, database: string | null, text: string): void;
  /** The same, without showing it. */
  record(level: LogLevel, database: string | null, text: string): void;
  close(): void;
}

/** `2026-11-22T02:00:00Z LEVEL DATABASE|- RUNID|- PROGRAM: text`; control characters in the text are escaped. */
export function formatLogLine(entry: LogEntry): string {
  const time = `${entry.time.toISOString().slice(0, 19)}Z`;
  const text = entry.text.replace(
    /[\\\p{Cc}\u2028\u2029]/gu,
    (character) => escapes[character] ?? numbered(character),
  );
  return `${time} ${entry.level} ${entry.database ?? "-"} ${entry.runId ?? "-"} ${entry.program}: ${text}`;
}

// Names in a database may hold control characters, which the terminal of a reader would obey.
const numbered = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
const escapes: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r" };
const characters: Record<string, string> = { "\\\\": "\\", "\\n": "\n", "\\r": "\r" };

const linePattern =
  /^(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (?<level>info|warning|error) (?<database>[a-z0-9_]+|-) (?<runId>\S+) (?<program>[a-z_]+): (?<text>.*)$/;

/** The entry that a line stands for, or null for a line that the programs did not write. */
export function parseLogLine(line: string): LogEntry | null {
  const groups = linePattern.exec(line)?.groups;
  if (groups === undefined) return null;
  const { time = "", level = "info", database = "-", runId = "-", program = "", text = "" } = groups;
  return {
    time: new Date(time),
    level: level === "error" || level === "warning" ? level : "info",
    database: database === "-" ? null : database,
    runId: runId === "-" ? null : runId,
    program,
    text: text.replace(
      /\\(?:[\\nr]|u([0-9a-f]{4}))/g,
      (sequence, code) => characters[sequence] ?? String.fromCharCode(Number.parseInt(code, 16)),
    ),
  };
}

/** Joins a text of several lines, such as another program's error, into one: an event is one line. */
export const oneLine = (text: string): string =>
  text.trim().replace(/\s*[\n\r\v\f\u0085\u2028\u2029]\s*/g, " ");

/**
 * Opens the programs' log for appending (0600). A failure to open or write it stops nothing.
 * @param show also gets every entry, for the terminal.
 * @param lost gets the reason, and then the lines that cannot be logged.
 */
export function openLog(
  path: string,
  program: string,
  runId: string,
  show: (entry: LogEntry) => void = () => {},
  lost: (text: string) => void = (text) => process.stderr.write(text),
): Log {
  let problem: string | null = null;
  const failed = (error: unknown): null => {
    const reason = logProblem(error);
    if (reason !== problem)
      lost(`the log ${path} cannot be written (${reason}); its lines follow [DBK-RECORD-1]:\n`);
    problem = reason;
    return null;
  };
  const attempt = <T>(step: () => T): T | null => {
    try {
      return step();
    } catch (error) {
      return failed(error);
    }
  };
  const fd = attempt(() => openToAppend(path));
  /** A full disk has truncated the last line. */
  let torn = false;
  const isWritten = (line: string): boolean => {
    if (fd === null) return false;
    const text = torn ? `\n${line}` : line;
    // One write per line: lines of programs that run at once do not mix.
    const bytes = attempt(() => writeSync(fd, text));
    if (bytes === null) return false;
    torn = bytes < Buffer.byteLength(text);
    problem = torn ? problem : null;
    if (torn) failed(fullDisk);
    return !torn;
  };
  const append = (entry: LogEntry) => {
    const line = `${formatLogLine(entry)}\n`;
    if (!isWritten(line)) lost(line);
  };
  const entryOf = (level: LogLevel, database: string | null, text: string): LogEntry => {
    return { time: new Date(), level, database, runId, program, text: oneLine(text) };
  };
  return {
    runId,
    get problem() {
      return problem;
    },
    event: (level, database, text) => {
      const entry = entryOf(level, database, text);
      show(entry);
      append(entry);
    },
    record: (level, database, text) => append(entryOf(level, database, text)),
    close: () => {
      if (fd !== null) attempt(() => closeSync(fd));
    },
  };
}
