import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DriftReport } from "../../infra/drift/report.ts";
import { type CommandResult, execute } from "../../infra/local-machine/command.ts";
import { repository } from "../../infra/local-machine/places.ts";
import type { SandboxStack } from "../sandbox/stack.ts";

/** `npm run drift -- …` for a sandbox stack. */
export function drift(
  { directory, environment }: SandboxStack,
  words: readonly string[],
  changes: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const argv = ["sh", join(repository, "infra/start/run.sh"), "infra/drift/main.ts", ...words];
  return execute(argv, { cwd: directory, env: { ...environment, ...changes } });
}

/** The same with `--json`, parsed with its schema. */
export async function driftReport(
  stack: SandboxStack,
  words: readonly string[] = [],
  changes: NodeJS.ProcessEnv = {},
): Promise<{ code: number; report: DriftReport; stderr: string }> {
  const { code, stdout, stderr } = await drift(stack, ["--json", ...words], changes);
  return { code, report: DriftReport.parse(JSON.parse(stdout)), stderr };
}

/** Every file of the stack's state, with locks and history, and of Pulumi's home. */
export function stateDigest({ directory }: SandboxStack): string {
  const files = [".state", ".pulumi-home"].flatMap((place) =>
    readdirSync(join(directory, place), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
  return files
    .sort()
    .map((path) => `${digest(path)} ${path}`)
    .join("\n");
}
