import { existsSync, readFileSync } from "node:fs";
import { execute, isInstalled, succeed } from "./command.ts";
import { step } from "./steps.ts";

/** Whether set-up can install Debian packages: on a Debian-like machine, as root. */
export function mayInstallPackages(): boolean {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

/** Updates apt's lists and installs Debian packages. Call it only if {@link mayInstallPackages}. */
export async function installPackages(...names: string[]): Promise<void> {
  await step(`Installing ${names.join(", ")} from Debian's packages`, `apt-${names[0]}`, async (options) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    // An update that fails (a third party's unreachable repository) does not matter if the packages can be installed.
    await execute(["apt-get", "update"], { ...options, env });
    await succeed(["apt-get", "install", "--yes", "--no-install-recommends", ...names], { ...options, env });
  });
}

/** Installs a Debian package unless its command is there. @throws if it is missing and cannot be installed */
export async function requireCommand(command: string, debianPackage: string): Promise<void> {
  if (await isInstalled(command)) return;
  if (!mayInstallPackages()) {
    throw new Error(
      `\`${command}\` is missing. Install it (Debian and Ubuntu: apt-get install ${debianPackage}) and try again. [DBK-PULUMI-3]`,
    );
  }
  await installPackages(debianPackage);
}

/** The Debian mirror of this machine, from its apt sources; null if they name none. */
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
