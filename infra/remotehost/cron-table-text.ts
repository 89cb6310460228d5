import type { CronEntry } from "./cron-table.ts";

/** The meaning of a cron table, apart from its text. */
export interface Table {
  environment: Readonly<Record<string, string>>;
  entries: readonly CronEntry[];
}

const header =
  "# Written by pulumi up; an edit here is undone by the next one. Change the stack configuration instead.";

/**
 * The text of a cron table as Debian's cron reads it: percent signs escaped, because cron makes line ends of them, and
 * a final newline, without which it ignores the whole file.
 */
export function cronTableText(environment: Table["environment"], entries: Table["entries"]): string {
  // Sorted by name: the engine may change the order in which they were written.
  const settings = Object.entries(environment)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${setting(value)}`);
  const lines = entries.map(
    ({ schedule, user, command }) => `${schedule} ${user} ${escapedCommand(command)}`,
  );
  return `${[header, ...settings, ...lines].join("\n")}\n`;
}

const settingLine = /^(?<name>[A-Za-z_]\w*)=(?<value>.*)$/;
const entryLine = /^(?<schedule>@\w+|(?:\S+ ){4}\S+) (?<user>\S+) (?<command>.*)$/;

/** Reads a table that `cronTableText` could have written; null for any other text. */
export function parseTable(text: string): Table | null {
  const environment: Record<string, string> = {};
  const entries: CronEntry[] = [];
  for (const line of text.split("\n").slice(1, -1)) {
    const { name = "", value = "" } = settingLine.exec(line)?.groups ?? {};
    const { schedule = "", user = "", command = "" } = entryLine.exec(line)?.groups ?? {};
    if (name) environment[name] = value.replace(/^(["'])(.*)\1$/, "$2");
    else entries.push({ schedule, user, command: command.replaceAll("\\%", "%") });
  }
  return cronTableText(environment, entries) === text ? { environment, entries } : null;
}

/** A command as a line of cron. A command that was already escaped stays as it is. */
export function escapedCommand(command: string): string {
  return command.replaceAll(/\\?%/g, "\\%");
}

/** In quotes if blanks or quotes at an end would otherwise be lost. */
function setting(value: string): string {
  if (value !== "" && !/^[\s"']|[\s"']$/.test(value)) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
