import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { docker, label, tryDocker } from "../docker.ts";

const sources = join(import.meta.dirname, "..", "images");
const probeTimeout = 15_000;
export const repository = "database-backups-sandbox";

export async function exists(tag: string): Promise<boolean> {
  return (await tryDocker(["image", "inspect", "--format", "{{.Id}}", tag])).code === 0;
}

/** Whether an image registry that can be reached has the image for this machine. */
export async function canPull(tag: string): Promise<boolean> {
  return (await tryDocker(["manifest", "inspect", tag], { timeout: probeTimeout })).code === 0;
}

/** False where {@link canPull} is. */
export async function pull(tag: string): Promise<boolean> {
  if (!(await canPull(tag))) return false;
  await step(`Pulling ${tag}`, "pull", (options) => docker(["pull", tag], options));
  return true;
}

/** Builds the image `tag` of the recipe in images/`folder`. */
export async function build(
  what: string,
  tag: string,
  folder: string,
  variables: Record<string, string>,
  extraFiles: Record<string, string> = {},
): Promise<void> {
  const context = mkdtempSync(join(cacheDirectory, "context-"));
  try {
    cpSync(join(sources, folder), context, { recursive: true });
    for (const [name, path] of Object.entries(extraFiles))
      cpSync(path, join(context, name), { dereference: true });
    const variableArguments = Object.entries(variables).flatMap(([name, value]) => [
      "--build-arg",
      `${name}=${value}`,
    ]);
    const argv = [
      "build",
      "--network",
      "host",
      "--label",
      `${label}=image`,
      "--tag",
      tag,
      ...variableArguments,
      context,
    ];
    const env = { ...process.env, DOCKER_BUILDKIT: "0" };
    const log = `build-${tag.replace(/^.*\/(.*):.*$/, "$1")}`;
    await step(`Building ${what}`, log, (options) => docker(argv, { ...options, env }));
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** The texts that an image's recipe consists of. */
export function files(folder: string): string[] {
  return ["Dockerfile", "entrypoint.sh"].map((name) => readFileSync(join(sources, folder, name), "utf8"));
}

export function digest(...inputs: string[]): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
}
