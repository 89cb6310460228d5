import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../cache.ts";
import { succeed } from "../command.ts";
import { docker, label, tryDocker } from "../docker.ts";
import { step } from "../steps.ts";
import { debianMirror, requireCommand } from "./debian.ts";
import { linuxNode } from "./linux-node.ts";

/** The Debian releases the sandbox can be made of, and the PostgreSQL that each brings. */
export const releases = {
  bookworm: { postgres: 15 },
  trixie: { postgres: 17 },
} as const;

export type Release = keyof typeof releases;

const sources = join(import.meta.dirname, "..", "images");
const probeTimeout = 15_000;
const repository = "database-backups-sandbox";

/** The server's image: Debian with sshd, cron, sudo, the Docker CLI, and a Node for tests. Gives its tag. */
export async function serverImage(release: Release): Promise<string> {
  const base = await baseImage(release);
  const node = await linuxNode();
  const tag = `${repository}/server:${release}-${digest(base, node.version, ...files("server"))}`;
  if (await exists(tag)) return tag;
  await build(`the server's image (${release})`, tag, "server", { BASE: base }, { node: node.path });
  return tag;
}

/** PostgreSQL's image: the official one where an image registry can be reached, else one like it made of Debian's packages. */
export async function postgresImage(release: Release): Promise<string> {
  const version = releases[release].postgres;
  const official = `postgres:${version}-${release}`;
  if (await exists(official)) return official;
  const base = await baseImage(release);
  const tag = `${repository}/postgres:${version}-${digest(base, ...files("postgres"))}`;
  if (await exists(tag)) return tag;
  if (await pull(official)) return official;
  await build(`PostgreSQL ${version}'s image`, tag, "postgres", { BASE: base, PG_MAJOR: String(version) });
  return tag;
}

async function baseImage(release: Release): Promise<string> {
  const official = `debian:${release}-slim`;
  const made = `${repository}/debian:${release}-1`;
  for (const tag of [official, made]) if (await exists(tag)) return tag;
  if (await pull(official)) return official;
  await bootstrap(release, made);
  return made;
}

export async function exists(tag: string): Promise<boolean> {
  return (await tryDocker(["image", "inspect", "--format", "{{.Id}}", tag])).code === 0;
}

async function pull(tag: string): Promise<boolean> {
  const probe = await tryDocker(["manifest", "inspect", tag], { timeout: probeTimeout });
  if (probe.code !== 0) return false;
  await step(`Pulling ${tag}`, "pull", (options) => docker(["pull", tag], options));
  return true;
}

async function bootstrap(release: Release, tag: string): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      `Docker cannot pull debian:${release}-slim, and making it with debootstrap needs root. Run this as root.`,
    );
  }
  await requireCommand("debootstrap", "debootstrap");
  const root = mkdtempSync(join(cacheDirectory, "debootstrap-"));
  try {
    await step(
      `Making a Debian ${release} image with debootstrap`,
      `debootstrap-${release}`,
      async (options) => {
        const argv = ["debootstrap", "--variant=minbase", release, root];
        await succeed(argv, options).catch((error: unknown) => {
          const mirror = debianMirror();
          if (mirror === null) throw error;
          rmSync(root, { recursive: true, force: true });
          return succeed([...argv, mirror], options);
        });
        const script =
          'set -e; rm -rf "$1"/var/cache/apt/archives/*.deb; tar -C "$1" -c . | docker import --change "LABEL $2=image" - "$3"';
        await succeed(["sh", "-c", script, "sh", root, label, tag], options);
      },
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function build(
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
    await step(`Building ${what}`, `build-${folder}`, (options) => docker(argv, { ...options, env }));
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

function files(folder: string): string[] {
  return ["Dockerfile", "entrypoint.sh"].map((name) => readFileSync(join(sources, folder, name), "utf8"));
}

export function digest(...inputs: string[]): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
}
