import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  pid: number;
  parent: number;
  /** Its command line, separated by spaces. */
  command: string;
}

/** The present descendants of a process. */
export function descendantsOf(ancestor: number): RunningProcess[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(processOf);
  const under = (parent: number): RunningProcess[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...under(one.pid)]);
  return under(ancestor);
}

/** Whether the process still exists. Its id may have been reused since. */
export function isRunning({ pid, command }: RunningProcess): boolean {
  return processOf(String(pid)).some((one) => one.command === command);
}

function processOf(name: string): RunningProcess[] {
  try {
    // The state and the parent come after the command's name in parentheses.
    const [state, parent] = readFileSync(`/proc/${name}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent), command }];
  } catch {
    return []; // it has ended in between
  }
}
