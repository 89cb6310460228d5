import { closeSync, constants, fchmodSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "./errors.ts";

export type LogLevel = "info" | "warning" | "error";

export interface LogEntry {
  time: Date;
  level: LogLevel;
  /** The database's key in the configuration; null for what concerns the whole run. */
  database: string | null;
  runId: string | null;
  program: string;
  text: string;
}

export interface Log {
  readonly runId: string;
  /** Appends one line, and shows it to the person who runs the program. Never pass anything secret. */
  event(level: LogLevel, database: string | null, text: string): void;
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

// Names in a database may hold anything, and whoever reads the log has a terminal that obeys.
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

/**
 * Opens the programs' log for appending (0600).
 * @param show is told every entry too: what a person sees.
 */
export function openLog(
  path: string,
  program: string,
  runId: string,
  show: (entry: LogEntry) => void = () => {},
): Log {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
  // cron's redirection may have made the file before, readable by everyone.
  fchmodSync(fd, 0o600);
  return {
    runId,
    event: (level, database, text) => {
      const entry = { time: new Date(), level, database, runId, program, text };
      show(entry);
      const line = `${formatLogLine(entry)}\n`;
      try {
        // One write per line: lines of programs that run at once do not mix.
        writeSync(fd, line);
      } catch (error) {
        // A full disk must not hide what the line says.
        process.stderr.write(`${path} cannot be written (${messageOf(error)}): ${line}`);
      }
    },
    close: () => closeSync(fd),
  };
}
