import { globSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execute, isInstalled, succeed } from "../../../infra/local-machine/command.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { cached } from "./cached.ts";

/** OpenSSH's server, taken apart: how it is started. */
export interface Sshd {
  path: string;
  /** Where its libraries are, as LD_LIBRARY_PATH takes it. */
  libraries: string;
  /** libnss_wrapper, by which it has the users of a file. */
  users: string;
}

const packages = ["openssh-server", "libnss-wrapper"];

/**
 * OpenSSH's server of Debian's package, unpacked into the cache directory. Installing it would open a port of this
 * machine to logins, now and after each start.
 */
export async function ensureSshd(): Promise<Sshd> {
  if (!(await isInstalled("apt-get")))
    throw new Error("OpenSSH's server is taken from Debian's packages, and this machine has no apt-get.");
  const directory = await cached("sshd-1", (made) =>
    step("Fetching OpenSSH's server from Debian's packages", "sshd", async (options) => {
      // Lists of a third party that cannot be reached do not matter as long as the packages can be had.
      if (process.getuid?.() === 0) await execute(["apt-get", "update"], options);
      const archives = join(made, "archives");
      mkdirSync(join(archives, "partial"), { recursive: true });
      // Of what they need only what this machine lacks is fetched.
      const own = ["-o", `Dir::Cache::archives=${archives}`, "-o", "Debug::NoLocking=1"];
      const fetch = ["install", "--reinstall", "--download-only", "--yes", "--no-install-recommends", ...own];
      await succeed(["apt-get", ...fetch, ...packages], options);
      for (const name of globSync("*.deb", { cwd: archives }))
        await succeed(["dpkg-deb", "--extract", join(archives, name), made], options);
      rmSync(archives, { recursive: true });
    }),
  );
  const users = globSync("usr/lib/*/libnss_wrapper.so", { cwd: directory })[0] ?? "";
  return {
    path: join(directory, "usr", "sbin", "sshd"),
    libraries: join(directory, users, ".."),
    users: join(directory, users),
  };
}
