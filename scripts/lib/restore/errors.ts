import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";

/** Why a restore did not happen; the kind decides the exit code. */
export type RestoreErrorKind =
  | "bad-file"
  /** The file is good but not for this server or moment, or there is no file. */
  | "unfit-file"
  | "obstacle"
  | "no-space"
  | "not-confirmed"
  | "load"
  | "check"
  | "swap"
  | "unknown"
  | "put-back"
  | "not-put-back";

const exitCodes: Record<RestoreErrorKind, ExitCode> = {
  "bad-file": ExitCode.badFile,
  "unfit-file": ExitCode.badFile,
  obstacle: ExitCode.failed,
  "no-space": ExitCode.noSpace,
  "not-confirmed": ExitCode.notPermitted,
  load: ExitCode.failed,
  check: ExitCode.failed,
  swap: ExitCode.failed,
  unknown: ExitCode.unknown,
  "put-back": ExitCode.failedAndPutBack,
  "not-put-back": ExitCode.failedAndNotPutBack,
};

/** A restore that was refused or failed. The message says what, where, why and what to do next. */
export class RestoreError extends ProgramError {
  override readonly name = "RestoreError";
  readonly kind: RestoreErrorKind;
  /** Lines for the terminal, not for the log: how to bring the database back by hand. Empty if no database is lost. */
  readonly wayBack: string;
  constructor(kind: RestoreErrorKind, message: string, cause?: unknown, wayBack = "") {
    super(message, exitCodes[kind], cause);
    this.kind = kind;
    this.wayBack = wayBack;
  }
}
