import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execute, isInstalled, succeed } from "../../../infra/local-machine/command.ts";
import { debianMirror, mayInstallPackages, requireCommand } from "../../../infra/local-machine/debian.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { label } from "../docker.ts";
import { exists, pull, repository } from "./images.ts";

/** Debian's releases that images are made of. */
export type Release = "bullseye" | "bookworm" | "trixie" | "forky";

const scripts = "/usr/share/debootstrap/scripts";
/** wget's exit status when the server answered with an error. */
const answeredWithError = 8;

/** A Debian image without anything in it, pulled or else made with debootstrap. Gives its tag. */
export async function debianImage(release: Release): Promise<string> {
  const official = `debian:${release}-slim`;
  const made = `${repository}/debian:${release}-1`;
  for (const tag of [official, made]) if (await exists(tag)) return tag;
  if (await pull(official)) return official;
  await bootstrap(release, made);
  return made;
}

/** Why no image with a package of Debian's `release` can be made here; null where nothing speaks against it. */
export async function whyNotMade(release: Release, name: string): Promise<string | null> {
  if (process.getuid?.() !== 0) return "making one with debootstrap needs root";
  if (!(await isInstalled("debootstrap")) && !mayInstallPackages()) return "debootstrap is not installed";
  await requireCommand("debootstrap", "debootstrap");
  const mirror = debianMirror();
  if (mirror === null) return null;
  const architecture = await succeed(["dpkg", "--print-architecture"]);
  const index = `${mirror.replace(/\/$/, "")}/dists/${release}/main/binary-${architecture}/Packages.gz`;
  const patience = ["--quiet", "--timeout=30", "--tries=2"];
  const { code } = await execute(["wget", ...patience, "--spider", index]);
  if (code === answeredWithError) return `this machine's Debian mirror has no ${release}`;
  if (code !== 0) return `this machine's Debian mirror cannot be reached (wget exits ${code})`;
  const script = 'wget "$@" | gzip -dc | grep -qx "Package: $name"';
  const found = await execute([
    "env",
    `name=${name}`,
    "sh",
    "-c",
    script,
    "sh",
    ...patience,
    "-O",
    "-",
    index,
  ]);
  return found.code === 0 ? null : `Debian ${release} has no ${name}`;
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
        // A release younger than this debootstrap is made as the next one always is.
        const script = existsSync(join(scripts, release)) ? release : "sid";
        const source = [debianMirror() ?? "", script];
        await succeed(["debootstrap", "--variant=minbase", release, root, ...source], options);
        const pack =
          'set -e; rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*_*; tar -C "$1" -c . | docker import --change "LABEL $2=image" - "$3"';
        await succeed(["sh", "-c", pack, "sh", root, label, tag], options);
      },
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
