import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { samplePath } from "../../../infra/generated/sample-stack.ts";
import { repository } from "../../../infra/local-machine/places.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";

/** The name of the server in the documents. */
export const documentedServer = "cloud.cerveras.com";

/**
 * Makes what a clone of this repository is, with its dependencies. The files are copies, because commands may change
 * them; each dependency is a link of its own, so that nobody can empty the repository's node_modules through it.
 */
export function makeClone(directory: string): void {
  const listed = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], { cwd: repository });
  for (const path of listed.toString().split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    copyFileSync(join(repository, path), join(directory, path));
  }
  const dependencies = join(directory, "node_modules");
  mkdirSync(dependencies);
  for (const entry of readdirSync(join(repository, "node_modules"), { withFileTypes: true })) {
    const [from, to] = [join(repository, "node_modules", entry.name), join(dependencies, entry.name)];
    // npm's record of the installed packages must not be older than the lock file, which was just copied.
    if (entry.isFile()) copyFileSync(from, to);
    else symlinkSync(from, to);
  }
}

/**
 * Makes the clone's own stack file, as a person does, of the example of one server, with what is different about a
 * sandbox: names that other tests' servers have too.
 */
export function configureClone(directory: string, { container, dataDirectory }: SandboxServer): void {
  const differences: [string, string][] = [
    // A login may take long on a machine that runs many tests at once.
    [`    ${documentedServer}: {}`, `    ${documentedServer}:\n      connectTimeout: 60s`],
    [
      "    curriculum_library_api: {}",
      `    curriculum_library_api:\n      container: ${container}\n      dataDirectory: ${dataDirectory}`,
    ],
    // Another test sends the pinned Node.
    ["  # database-backups:runtime: pinned", "  database-backups:runtime: system"],
  ];
  const text = differences.reduce(
    (before, [from, to]) => {
      if (!before.includes(from)) throw new Error(`${samplePath} has no line "${from}"`);
      return before.replace(from, to);
    },
    readFileSync(join(directory, samplePath), "utf8"),
  );
  writeFileSync(join(directory, "Pulumi.prod.yaml"), text.replace("$schema=../", "$schema=docs/"));
}
