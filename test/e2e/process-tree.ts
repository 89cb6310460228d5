import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  pid: number;
  parent: number;
  /** Its words, separated by spaces. */
  command: string;
}

/** All that a process has begun, and what those have; only what is still under it. */
export function descendantsOf(ancestor: number): RunningProcess[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(processOf);
  const under = (parent: number): RunningProcess[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...under(one.pid)]);
  return under(ancestor);
}

/** Whether the process is still there; its number may have gone to another one since. */
export function isRunning({ pid, command }: RunningProcess): boolean {
  return processOf(String(pid)).some((one) => one.command === command);
}

function processOf(name: string): RunningProcess[] {
  try {
    // After the command's name in parentheses: the state and the parent.
    const [state, parent] = readFileSync(`/proc/${name}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent), command }];
  } catch {
    return []; // it has ended in between
  }
}
