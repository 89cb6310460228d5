import { messageOf } from "../../scripts/contract/error-text.ts";
import { DeploymentError } from "./errors.ts";

/** The failures of the Pulumi CLI as errors of the deployment, with advice. */

/** The command that removes the lock of a killed run. */
export const cancelCommand = (stack: string): string => `npm run pulumi -- cancel --yes --stack ${stack}`;

/** Another run holds the lock of the stack. */
export function lockedStack(stack: string, cause: unknown): DeploymentError {
  const holder = /^.*(?:created by|locked by).*$/m.exec(messageOf(cause))?.[0].trim();
  return new DeploymentError(
    "locked",
    `the stack ${stack} is locked by another run of Pulumi${holder === undefined ? "" : ` (${holder})`} [DBK-STACK-1]`,
    `Wait until it ends. If it was killed: ${cancelCommand(stack)}`,
    { cause },
  );
}

/** The empty stack of a run without effect could not be removed. */
export function leftStack(stack: string, text: string, cause: unknown): DeploymentError {
  return new DeploymentError(
    "failed",
    `the stack ${stack}, which was made for this run and is empty, could not be removed: ${text} [DBK-STACK-5]`,
    `${/currently locked/.test(text) ? `${cancelCommand(stack)}\n` : ""}Run the same command again, or remove it: npm run pulumi -- stack rm --yes --preserve-config --stack ${stack}`,
    { cause },
  );
}

/** The CLI's own error message, without the text that the Automation API adds. */
export function cliErrorText(message: string): string {
  const stderr = /^ stderr: ?(?<text>[\s\S]*?)\n err\?:/m.exec(message)?.groups?.text ?? message;
  const errors = stderr.split("\n").filter((line) => /^error: /.test(line.trim()));
  return (
    errors.length > 0 ? errors.map((line) => line.trim().replace(/^error: /, "")).join("\n") : stderr
  ).trim();
}

/**
 * The CLI's message about a failed preview or update.
 * @throws DeploymentError configuration if the passphrase is wrong, which the CLI detects only here
 */
export function failureText(stack: string, error: unknown): string {
  const text = cliErrorText(messageOf(error));
  if (/incorrect passphrase|passphrase must be set/i.test(text)) throw stackError(stack, error);
  return text || messageOf(error);
}

/** The stack cannot be selected or created. */
export function stackError(stack: string, cause: unknown): DeploymentError {
  const text = cliErrorText(messageOf(cause));
  const next = /passphrase/i.test(text)
    ? "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase."
    : "";
  const what = `Pulumi cannot open the stack ${stack}: ${text} [DBK-STACK-4]`;
  return new DeploymentError("configuration", what, next, { cause });
}
