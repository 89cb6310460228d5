import type { DeploymentExit } from "./exit-codes.ts";

/**
 * Why the deployment failed. The message ends with its id, in the first line if there are several; `next` is the
 * advice.
 */
export class DeploymentError extends Error {
  readonly exit: Exclude<DeploymentExit, "done">;
  readonly next: string;
  constructor(exit: Exclude<DeploymentExit, "done">, what: string, next = "", options?: ErrorOptions) {
    super(what, options);
    this.name = new.target.name;
    this.exit = exit;
    this.next = next;
  }
}

/** The same error with one more sentence about the work done by then. */
export function alsoSaying(error: DeploymentError, sentence: string): DeploymentError {
  error.message = `${error.message}\n${sentence}`;
  return error;
}

/** The user or a signal ended it. */
export class Interruption extends DeploymentError {
  constructor(what: string, next: string) {
    super("interrupted", what, next);
  }
}
