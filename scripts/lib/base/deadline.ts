import { InterruptedError } from "./errors.ts";

export interface Deadline {
  signal: AbortSignal;
  /** Aborts the signal before its time. */
  stop: (reason: string) => void;
  /** Call it at the end, or the process stays alive until the time is up. */
  done: () => void;
}

/** A signal that is aborted with `signal`, or after `seconds` with an InterruptedError that says `overdue`. */
export function deadline(signal: AbortSignal, seconds: number, overdue: string): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new InterruptedError(overdue)), seconds * 1000);
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    stop: (reason) => controller.abort(new InterruptedError(reason)),
    done: () => clearTimeout(timer),
  };
}
