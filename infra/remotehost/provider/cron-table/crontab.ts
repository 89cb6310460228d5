/**
 * The lines of root's own crontab that run one of the commands: entries whose command begins with it and goes on,
 * if at all, after a blank. Comments and settings are never among them.
 */
export function takenOverLines(crontab: string, commands: readonly string[]): string[] {
  return crontab.split("\n").filter((line) => runsOneOf(line, commands));
}

/** The crontab without those lines; every other line stays as it is. Nothing but blanks left: an empty text. */
export function withoutTakenOverLines(crontab: string, commands: readonly string[]): string {
  const kept = crontab.split("\n").filter((line) => !runsOneOf(line, commands));
  const text = kept.join("\n");
  return text.trim() === "" ? "" : text;
}

const entry = /^\s*(?:@\w+|(?:[^\s#@]\S*\s+){4}\S+)\s+(?<command>.*)$/;

function runsOneOf(line: string, commands: readonly string[]): boolean {
  const command = entry.exec(line)?.groups?.command;
  if (command === undefined || /^\s*\w+\s*=/.test(line)) return false;
  return commands.some((wanted) => command === wanted || /^\s/.test(afterStart(command, wanted)));
}

function afterStart(command: string, start: string): string {
  return command.startsWith(start) ? command.slice(start.length) : "";
}
