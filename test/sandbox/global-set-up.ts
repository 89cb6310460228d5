import { removeLeftovers } from "./removal.ts";
import { withSandboxPulumi } from "./set-up/pulumi-cli.ts";
import { ensureImages } from "./set-up/set-up.ts";

/** Vitest calls this once before a project whose tests start sandbox servers or run the Pulumi CLI. */
export async function setup(): Promise<void> {
  await ensureImages();
  await removeLeftovers();
  Object.assign(process.env, await withSandboxPulumi(process.env));
}
