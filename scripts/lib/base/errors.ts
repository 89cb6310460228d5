import { ExitCode } from "./exit-codes.ts";

/** An error a person can act on: its message says what failed, where, why and what to do next. */
export class ProgramError extends Error {
  override readonly name: string = "ProgramError";
  /** The exit code of the program when this error ends it. */
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** The command line is wrong. */
export class UsageError extends ProgramError {
  override readonly name = "UsageError";
  constructor(message: string, cause?: unknown) {
    super(`${message} [DBK-USAGE-1]`, ExitCode.usage, cause);
  }
}

/** A run, or one of its queries, was stopped from outside: by a signal or a time-out. */
export class InterruptedError extends ProgramError {
  override readonly name = "InterruptedError";
  constructor(reason: string, exitCode: ExitCode = ExitCode.failed) {
    super(reason, exitCode);
  }
}

/** The run was aborted without a reason. */
export const runEnded = (): InterruptedError => new InterruptedError("the run was ended [DBK-RECOVERY-1]");

/** The error that a signal was aborted with. It may be the failure of another part of the run. */
export const endedBy = ({ reason }: AbortSignal): Error =>
  reason instanceof Error && !(reason instanceof DOMException) ? reason : runEnded();

/** The message of a thrown value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The `code` of a system error (`ENOENT`), or null for anything else. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
