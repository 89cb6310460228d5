/** The commands of GitHub's runner that these tests know. */
const known = ["add-mask", "debug", "error", "group", "notice", "save-state", "set-output", "warning"];

/**
 * The commands that GitHub's runner obeys in what a step printed: `::command::` at the beginning of a line, `##[command]`
 * anywhere in it. A carriage return ends a line too; `::stop-commands::TOKEN` keeps it from obeying until `::TOKEN::`.
 */
export function runnerCommands(log: string): string[] {
  const obeyed: string[] = [];
  let token: string | null = null;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const name = commandIn(line, [...known, "stop-commands", ...(token === null ? [] : [token])]);
    if (token !== null) {
      if (name === token) token = null;
    } else if (name === "stop-commands") token = line.slice(line.lastIndexOf("::") + 2);
    else if (name !== null) obeyed.push(name);
  }
  if (token !== null) obeyed.push("stop-commands without an end");
  return obeyed;
}

function commandIn(line: string, names: readonly string[]): string | null {
  const [, first = ""] = /^\s*::([^\s:]+)[^:]*::/.exec(line) ?? [];
  const [, other = ""] = /##\[([^\s\]]+)[^\]]*\]/.exec(line) ?? [];
  return [first, other].find((name) => names.includes(name)) ?? null;
}
