import { DeploymentError, Interruption } from "./errors.ts";
import type { Preflight } from "./preflight.ts";
import type { Run } from "./pulumi-stack.ts";
import { cancelCommand } from "./stack-errors.ts";

/** The early ends of a deployment, with advice. */

export function nobodyToAsk(): DeploymentError {
  return new DeploymentError(
    "notConfirmed",
    "there is no terminal to confirm on; nothing was changed [DBK-CLI-3]",
    "Use --yes to deploy without confirmation, or --dry-run to see what that would do.",
  );
}

/** @param similar a server in `file` with a key similar to the one that is not ready; null if there is none */
export function notReady(
  preflights: readonly Preflight[],
  similar: string | null,
  file: string,
): DeploymentError {
  const problems = preflights.flatMap((preflight) => preflight.problems.map((problem) => `  ${problem}`));
  const keys = preflights.map(({ plan }) => plan.key).join(", ");
  const is = preflights.length === 1 ? "is" : "are";
  return new DeploymentError(
    "unavailable",
    `${keys} ${is} not ready; nothing was changed [DBK-READY-1]:\n${problems.join("\n")}`,
    similar === null
      ? "Then run the same command again."
      : `${file} has ${similar}: did you mean that one? Else run the same command again then.`,
  );
}

/** The user said that the application exists, but its container does not. @param file the stack's */
export function withoutContainer(preflights: readonly Preflight[], file: string): DeploymentError {
  const missing = preflights.flatMap(({ plan, waiting }) =>
    plan.databases
      .filter(({ name }) => waiting.includes(name))
      .map(({ name, container }) => `${container} of ${name} on ${plan.key}`),
  );
  return new DeploymentError(
    "unavailable",
    `there is no container ${missing.join(", ")}; nothing was changed [DBK-READY-7]`,
    `Set databases.NAME.container in ${file} to the container that PostgreSQL runs in, and run the same command again.`,
  );
}

/** The engine's errors, each once; else the CLI's message. */
export const errorsOf = ({ report, failure }: Run): string[] => {
  const errors = report.diagnostics.filter(({ severity }) => severity === "error");
  return errors.length > 0 ? [...new Set(errors.map(({ message }) => message))] : [failure ?? ""];
};

/** The engine's error if the state of an older version has resources that depend on another server's. */
const entangled = /will be destroyed but was not specified in --target list/;

export function previewFailed(run: Run): DeploymentError {
  const text = errorsOf(run).join("\n");
  const next = entangled.test(text)
    ? "A version before this one deployed the servers together. Deploy all once: scripts/deploy_backup_system.sh --all"
    : "";
  return new DeploymentError(
    "failed",
    `the preview failed; nothing was changed [DBK-STACK-9]:\n${text}`,
    next,
  );
}

export function interrupted(stack: string, { report }: Run): Interruption {
  return new Interruption(
    `interrupted after ${report.done.length} changes; what was done is on the server and in the stack's state [DBK-CLI-4]`,
    `Run the same command again: it goes on from there. If it says that the stack is locked: ${cancelCommand(stack)}`,
  );
}
