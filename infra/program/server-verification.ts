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
  /** What it needs beside the server. */
  needs: pulumi.Resource[];
  /**
   * What must come to its end before, because a verification that fails ends the update for everything that has not
   * begun. Waited for and not depended on: a run with --target must not depend on servers that are new in it.
   */
  others: BackupServer[];
  /** Whether nothing is changed on the server now, because it is not ready: what the state has of the verification stays. */
  isHeld: boolean;
}

/**
 * In place of the verification of a server that is held and was never verified. For one that was, nothing of it is run:
 * leaving the resource out would show a delete that nobody wants.
 */
const heldCommand = (key: string) =>
  `echo ${shellWord(`${key} is not ready, so nothing on it can be verified [DBK-READY-1]`)} >&2; exit 1`;

const inputNames = ["interpreter", "create", "update", "stdin", "logging", "triggers"];

/** Runs a first backup and the status check after each change of a server, and fails the update if they do not work. */
export function verifyServer({ plan, server, needs, others, isHeld }: ServerVerification): pulumi.Resource {
  const script = Promise.all(others.map(({ settled }) => settled)).then(() => verificationScript(plan));
  // What the plugin says was run where it fails; the script itself, which would hide the reason, is the input.
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
