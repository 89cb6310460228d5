import { existsSync, readFileSync } from "node:fs";
import { execute, isInstalled, succeed } from "./command.ts";
import { step } from "./steps.ts";

/** Whether set-up may install Debian packages here: an apt machine, and root. */
export function mayInstallPackages(): boolean {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

/** Installs Debian packages, first refreshing apt's lists. The caller has asked {@link mayInstallPackages}. */
export async function installPackages(...names: string[]): Promise<void> {
  await step(`Installing ${names.join(", ")} from Debian's packages`, `apt-${names[0]}`, async (options) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    // Lists of a third party that cannot be reached do not matter as long as the packages can be had.
    await execute(["apt-get", "update"], { ...options, env });
    await succeed(["apt-get", "install", "--yes", "--no-install-recommends", ...names], { ...options, env });
  });
}

/** Makes sure of a command that a Debian package brings, or says why not. */
export async function requireCommand(command: string, debianPackage: string): Promise<void> {
  if (await isInstalled(command)) return;
  if (!mayInstallPackages()) {
    throw new Error(
      `\`${command}\` is missing. Install it (Debian and Ubuntu: apt-get install ${debianPackage}) and try again. [DBK-PULUMI-3]`,
    );
  }
  await installPackages(debianPackage);
}

/** The machine's own Debian mirror, read from its apt sources; null where there is none. */
export function debianMirror(): string | null {
  for (const path of ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"]) {
    if (!existsSync(path)) continue;
    const found = /^(?:URIs:\s+|deb\s+(?:\[[^\]]*\]\s+)?)(\S+\/debian\/?)(?:\s|$)/m.exec(
      readFileSync(path, "utf8"),
    );
    if (found?.[1]) return found[1];
  }
  return null;
}
