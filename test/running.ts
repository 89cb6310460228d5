import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/**
 * The processes of a test run. Tests start programs that start others, in sessions of their own too; what all of them
 * have in common is a variable in the environment that they were started with.
 */

const variable = "DATABASE_BACKUPS_TEST_RUN";

/** The environment that marks descendants as part of a run. */
export const markedAs = (run: string): NodeJS.ProcessEnv => ({ [variable]: run });

/** The environment of processes that outlive the run that starts them. */
export function unmarked(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [variable]: _, ...rest } = environment;
  return rest;
}

/** The pids of the processes of a run without this one; empty without /proc. */
export function processesOf(run: string): number[] {
  const mark = `${variable}=${run}`;
  return pids().filter((pid) => pid !== process.pid && environmentOf(pid).includes(mark));
}

/** Ends the processes of a run: SIGTERM first, and SIGKILL after `patience` milliseconds. */
export async function endProcesses(run: string, patience = 3000): Promise<void> {
  send(processesOf(run), "SIGTERM");
  const until = Date.now() + patience;
  while (Date.now() < until && processesOf(run).length > 0) await setTimeout(100);
  // Another look finds processes that were started meanwhile. It does not wait for processes stuck in the kernel.
  for (let looked = 0; looked < 100; looked++) {
    const left = processesOf(run);
    if (left.length === 0) return;
    send(left, "SIGKILL");
    await setTimeout(50);
  }
}

function send(processes: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
}

function pids(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Empty for an ended process, a zombie, or another user's. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}
