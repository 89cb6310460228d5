import { buildPrograms } from "../../scripts/build.ts";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { painter, usesColour } from "../../scripts/contract/shown.ts";
import { ConfigError } from "../config/config-error.ts";
import { projectNode } from "../local-machine/places.ts";
import { say } from "../local-machine/steps.ts";
import { PulumiCliError } from "../pulumi-cli/cli-error.ts";
import { exitCodes, helpText, parseCommandLine, type Request, UsageError } from "./command-line.ts";
import { ConfigurationError, readConfiguration } from "./configuration.ts";
import { takeKeys } from "./keys.ts";
import { localRclone } from "./local-rclone.ts";
import { choose, pruneAll } from "./prune.ts";
import { pruneServer } from "./prune-server.ts";
import { exitOf, jsonText, type PruneResult, textReport } from "./report.ts";

async function prune(request: Request, signal: AbortSignal): Promise<PruneResult> {
  const { dryRun, stack } = request;
  const keys = takeKeys(process.env);
  say(`Reading the configuration of ${stack} …`);
  const { id, plan } = await readConfiguration(stack);
  const chosen = choose(plan, request);
  if (chosen.length === 0) return pruneAll([], request, keys, signal, async () => []);
  const [bundle] = await buildPrograms(undefined, ["copy_backups"]);
  const rclone = await localRclone();
  return pruneAll(chosen, request, keys, signal, (order) => {
    say(`${dryRun ? "Looking at" : "Pruning"} the copies of ${order.plan.key} …`);
    const program = bundle?.file ?? "";
    return pruneServer({ ...order, id, program, node: projectNode, rclone, dryRun, signal });
  });
}

async function run(words: readonly string[]): Promise<number> {
  const request = parseCommandLine(words);
  if (request === "help") {
    process.stdout.write(helpText());
    return exitCodes.done;
  }
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interruption.abort());
  const result = await prune(request, interruption.signal);
  process.stdout.write(
    request.json ? jsonText(result) : textReport(result, painter(usesColour(process.stdout))),
  );
  return exitOf(result);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  const isConfiguration =
    error instanceof ConfigError || error instanceof ConfigurationError || error instanceof PulumiCliError;
  return isConfiguration ? exitCodes.configuration : exitCodes.failed;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  say(`copies: ${messageOf(error)}`);
  process.exitCode = exitCodeOf(error);
}
