/** A crontab need not be UTF-8, so its text, and any text compared with it, has one character per byte. */
const bytesOf = (text: string): string => Buffer.from(text).toString("latin1");

/**
 * The lines of root's own crontab, a character a byte, that run one of the commands: entries whose command begins with
 * it and goes on, if at all, after a blank. Comments and settings are never among them.
 */
export function takenOverLines(crontab: string, commands: readonly string[]): string[] {
  return crontab
    .split("\n")
    .filter((line) => runsOneOf(line, commands))
    .map((line) => Buffer.from(withoutReturn(line), "latin1").toString());
}

/** The crontab without those lines; every other byte stays as it is. Nothing but blanks left: an empty text. */
export function withoutTakenOverLines(crontab: string, commands: readonly string[]): string {
  const kept = crontab.split("\n").filter((line) => !runsOneOf(line, commands));
  const text = kept.join("\n");
  return text.trim() === "" ? "" : text;
}

// cron's blanks. Unicode's blanks may be part of a character here.
const entry = /^[ \t]*(?:@\w+|(?:[^ \t#@][^ \t]*[ \t]+){4}[^ \t]+)[ \t]+(?<command>.*)$/s;

/** A line with the line end of another system. */
const withoutReturn = (line: string): string => line.replace(/\r$/, "");

function runsOneOf(line: string, commands: readonly string[]): boolean {
  const command = entry.exec(withoutReturn(line))?.groups?.command;
  if (command === undefined || /^[ \t]*\w+[ \t]*=/.test(line)) return false;
  return commands.map(bytesOf).some((wanted) => command === wanted || /^[ \t]/.test(after(command, wanted)));
}

function after(command: string, start: string): string {
  return command.startsWith(start) ? command.slice(start.length) : "";
}
