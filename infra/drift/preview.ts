import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { withProjectNode } from "../local-machine/places.ts";
import { notUnderstood } from "../pulumi-cli/engine-events.ts";
import { withParallelLooks } from "../pulumi-cli/parallel-looks.ts";
import { withPulumi } from "../pulumi-cli/pulumi-cli.ts";
import { addEvent, emptyPreview, type Preview } from "./resource-events.ts";

// Enough for the CLI's output about one failure.
const keptStderr = 16 * 1024;

/**
 * Runs `pulumi preview`, which reads every server and writes nothing, and collects its events. Never fails: problems
 * are in `errors`, and `complete` is false then.
 * @param onEvent called after each of the engine's events
 */
export async function runPreview(
  stack: string | null,
  signal: AbortSignal,
  onEvent: (preview: Preview) => void,
): Promise<Preview> {
  const preview = emptyPreview();
  const words = ["preview", "--json", "--refresh", "--non-interactive", "--color", "never"];
  const pulumi = spawn("pulumi", [...words, ...(stack === null ? [] : ["--stack", stack])], {
    env: {
      ...withParallelLooks(words, await withPulumi(withProjectNode())),
      // Every event as it comes: the summary of `--json` omits the results of the refresh.
      PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
    killSignal: "SIGINT",
  });
  let stderr = "";
  pulumi.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-keptStderr);
  });
  const ended = new Promise<string | null>((resolve) => {
    pulumi.on("error", (error) => resolve(`pulumi could not be started: ${error.message} [DBK-PULUMI-3]`));
    pulumi.on("close", (code) =>
      resolve(code === 0 ? null : `pulumi preview ended with exit code ${code} [DBK-PULUMI-3]`),
    );
  });
  let strange = 0;
  for await (const line of createInterface({ input: pulumi.stdout })) {
    try {
      addEvent(preview, line);
      onEvent(preview);
    } catch {
      if (line.startsWith("{")) strange += 1;
    }
  }
  const failure = await ended;
  const said = stderr.trim().replace(/^error: /, "");
  if (failure !== null && preview.errors.length === 0) preview.errors.push(said || failure);
  if (failure !== null) preview.complete = false;
  else if (!preview.complete || strange > 0) preview.errors.push(notUnderstood);
  return preview;
}
