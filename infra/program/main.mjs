import module from "node:module";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { RunError } from "@pulumi/pulumi/errors.js";
import { invoke } from "@pulumi/pulumi/runtime/invoke.js";
import nodeVersion from "../start/node-version.cjs";

// Language hosts that ignore nodeargs get here with an old Node, which could not load TypeScript.
if (nodeVersion.nodeProblem !== null) {
  const error = new RunError(nodeVersion.nodeProblem);
  // Pulumi would format the stack, which takes an old Node most of a minute, only to throw it away.
  error.stack = "";
  throw error;
}

// The SDK takes down a stack for every promise that it makes, dozens a resource, and Pulumi looks all of them up in
// source maps: with many servers a third of this process's work. There is nothing to look up where types are just left
// out.
Error.prepareStackTrace = undefined;

// The engine starts the provider when it is first asked something; meanwhile the rest is loaded here, which lets nothing
// be sent before it is done. Where the provider cannot be started, the next question says so.
invoke("remotehost:index:start", {}, { async: true }).catch(() => {});
await setImmediate();

const { watchEngine } = await import("../remotehost/engine-watch.ts");
watchEngine(process.env.PULUMI_NODEJS_ENGINE, () => process.exit(1));

// Compiling what is loaded is a good part of a preview's time; `npm run pulumi` has it cached from the very beginning.
module.enableCompileCache?.(join(import.meta.dirname, "..", "..", ".cache", "compiled"));
export const { servers } = await import("./index.ts");
