import type * as pulumi from "@pulumi/pulumi";
import type { BackupServer } from "./backup-server.ts";
import { remoteScript, sshCommand } from "./commands.ts";
import type { ServerPlan } from "./config/plan.ts";
import { verificationScript } from "./verification.ts";

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
}

/** Runs a first backup and the status check after each change of a server, and fails the update if they do not work. */
export async function verifyServer({
  plan,
  server,
  needs,
  others,
}: ServerVerification): Promise<pulumi.Resource> {
  // Imported only when used: a stack without verification never asks for the plugin.
  const { local } = await import("@pulumi/command");
  const script = Promise.all(others.map(({ settled }) => settled)).then(() =>
    remoteScript(verificationScript(plan)),
  );
  return new local.Command(
    `${plan.key}-verification`,
    {
      // The command is added as the last word, which is the only one that this machine's shell gets from us.
      interpreter: ["sh", "-c", `${sshCommand(plan)} "$0"`],
      create: script,
      update: script,
      triggers: server.digests,
    },
    {
      dependsOn: [server, ...needs],
      aliases: plan.formerly === null ? [] : [{ name: `${plan.formerly}-verification` }],
      // There is nothing to undo, so leaving it out again must not need the plugin.
      retainOnDelete: true,
    },
  );
}
