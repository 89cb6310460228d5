import { spawn } from "node:child_process";
import { constants } from "node:os";
import { withProjectNode } from "../local-machine/places.ts";
import { PulumiCliError } from "./cli-error.ts";
import { withParallelLooks } from "./parallel-looks.ts";
import { withPulumi } from "./pulumi-cli.ts";

/** `npm run pulumi -- …`: the Pulumi CLI, found or downloaded, with the project's own Node. */
function run(argv: readonly string[], environment: NodeJS.ProcessEnv): void {
  const pulumi = spawn("pulumi", argv, { env: environment, stdio: "inherit" });
  // Ctrl-C reaches the CLI by itself; it decides when to end.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => pulumi.kill("SIGTERM"));
  pulumi.on("error", (error) => {
    console.error(`pulumi could not be started: ${error.message} [DBK-PULUMI-3]`);
    process.exitCode = 127;
  });
  pulumi.on("close", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

const argv = process.argv.slice(2);
try {
  run(argv, withParallelLooks(argv, await withPulumi(withProjectNode())));
} catch (error) {
  if (!(error instanceof PulumiCliError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
