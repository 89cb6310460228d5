import { randomUUID } from "node:crypto";
import { messageOf } from "../scripts/lib/base/errors.ts";
import { endProcesses, markedAs } from "./running.ts";
import { removeLeftovers } from "./sandbox/removal.ts";

const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
let ending = false;

/** Whether a signal is ending this run. Later failures are its effect. */
export const isEnding = (): boolean => ending;

/** Makes this process and its descendants one run, which a signal ends as a whole. */
export function beginRun(): void {
  const run = randomUUID();
  endOnSignal(run);
  Object.assign(process.env, markedAs(run));
}

/** On a signal ends the run's processes, removes unused servers, and exits. */
export function endOnSignal(run: string): void {
  const end = async (signal: keyof typeof numbers) => {
    if (ending) return;
    ending = true;
    console.error(`\n${signal}: ending what runs and removing its servers …`);
    try {
      await endProcesses(run);
      await removeLeftovers();
    } catch (error) {
      console.error(`Something is left: ${messageOf(error)}\nnpm run sandbox -- down`);
    }
    process.exit(128 + numbers[signal]);
  };
  process.on("SIGHUP", end).on("SIGINT", end).on("SIGTERM", end);
  // npm hands a signal to the shell that it started, which ends without a word to this process. Who starts it without npm
  // may leave it to itself.
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  setInterval(() => process.ppid === shell || end("SIGTERM"), 500).unref();
}
