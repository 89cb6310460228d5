import type * as pulumi from "@pulumi/pulumi";
import { shellWord } from "../../scripts/contract/quoting.ts";
import type { ServerPlan } from "../config/plan.ts";
import { remoteShell, sshCommand } from "../server-files/commands.ts";
import { verificationScript } from "../server-files/verification.ts";
import type { BackupServer } from "./backup-server.ts";
import { LocalCommand } from "./local-command.ts";

export interface ServerVerification {
  plan: ServerPlan;
  server: BackupServer;
  /** Its dependencies besides the server. */
  needs: pulumi.Resource[];
  /**
   * The work that must end before, because a failed verification ends the update for everything that has not begun. It
   * is awaited but is no resource dependency: a run with --target must not depend on servers that are new in it.
   */
  others: BackupServer[];
  /**
   * Whether nothing is changed on the server now, because it is not ready. Then the verification in the state stays.
   */
  isHeld: boolean;
}

/**
 * Replaces the verification of a held server that was never verified. If it was verified before, the resource stays in
 * the program but is not run: leaving it out would show an unwanted delete.
 */
const heldCommand = (key: string) =>
  `echo ${shellWord(`${key} is not ready, so nothing on it can be verified [DBK-READY-1]`)} >&2; exit 1`;

const inputNames = ["interpreter", "create", "update", "stdin", "logging", "triggers"];

/**
 * Runs a first backup and the status check after each change of a server, and fails the update if one of them fails.
 */
export function verifyServer({ plan, server, needs, others, isHeld }: ServerVerification): pulumi.Resource {
  const script = Promise.all(others.map(({ settled }) => settled)).then(() => verificationScript(plan));
  // The command that the plugin shows if it fails. The script itself, which would hide the reason, is the input.
  const title = `first backup and status check of ${plan.key}`;
  const ssh = `${sshCommand(plan)} ${shellWord(remoteShell)}`;
  return new LocalCommand(
    `${plan.key}-verification`,
    {
      // The command is added as the last word, which is the name of this machine's shell here.
      interpreter: ["sh", "-c", isHeld ? heldCommand(plan.key) : ssh],
      create: title,
      update: title,
      stdin: script,
      // The reason of a failure is in the plugin's error already.
      logging: "stdout",
      triggers: server.digests,
    },
    {
      dependsOn: [server, ...needs],
      aliases: plan.formerly === null ? [] : [{ name: `${plan.formerly}-verification` }],
      // There is nothing to undo, so leaving it out again must not need the plugin.
      retainOnDelete: true,
      ...(isHeld && { ignoreChanges: inputNames }),
    },
  );
}
