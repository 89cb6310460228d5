import { ExitCode } from "../base/exit-codes.ts";
import type { Log } from "../program/log.ts";
import { exitCodeOf } from "../program/program.ts";
import { RestoreError, type RestoreErrorKind } from "./errors.ts";

/**
 * A log that remembers whether a restore has begun. A restore that was refused before it began is no failed restore.
 */
export interface BeginningLog {
  log: Log;
  hasBegun(): boolean;
}

export function rememberingBeginning(log: Log): BeginningLog {
  let begun = false;
  return {
    hasBegun: () => begun,
    log: {
      runId: log.runId,
      get problem() {
        return log.problem;
      },
      event(level, database, text) {
        begun ||= text.startsWith("restore started");
        log.event(level, database, text);
      },
      record: (level, database, text) => log.record(level, database, text),
      close: () => log.close(),
    },
  };
}

const refusedKinds: ReadonlySet<RestoreErrorKind> = new Set(["unfit-file", "obstacle", "no-space"]);
const refusedCodes: ReadonlySet<ExitCode> = new Set([
  ExitCode.usage,
  ExitCode.unavailable,
  ExitCode.locked,
  ExitCode.notPermitted,
]);

/**
 * Whether an error before a restore began needs no warning: the person declined, has to come back later or has to
 * choose another way. A damaged backup is a failure whenever it is found.
 */
export const isRefusal = (error: unknown): boolean =>
  refusedCodes.has(exitCodeOf(error)) || (error instanceof RestoreError && refusedKinds.has(error.kind));
