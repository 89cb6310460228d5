import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { execute } from "../../infra/local-machine/command.ts";
import { repository } from "../../infra/local-machine/places.ts";
import { buildPrograms, programsVersion } from "../../scripts/build.ts";

/** The tested code, and a lock for one run at a time. */

const digest = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

/** The programs under test, and the commit of the checkout. */
export async function codeState(): Promise<string> {
  const { code, stdout, stderr } = await execute(["git", "-C", repository, "rev-parse", "HEAD"]);
  if (code !== 0) throw new Error(`git rev-parse in ${repository} failed: ${stderr}`);
  return `programs ${programsVersion(await buildPrograms())}, commit ${stdout.trim()}`;
}

/** The inputs of servers and databases that no import names. */
const sandboxFiles = (): string[] =>
  globSync("test/sandbox/{images,fixture}/**/*", { cwd: repository }).filter((path) =>
    statSync(join(repository, path)).isFile(),
  );

/**
 * A digest for each test file of everything that its result depends on: the programs under test, the file and its
 * imports, and the inputs of the sandbox. A result with another digest is a result of other code.
 */
export async function testedStates(files: readonly string[]): Promise<Record<string, string>> {
  const programs = programsVersion(await buildPrograms());
  const stateOf = (file: string): string => {
    const { metafile } = buildSync({
      absWorkingDir: repository,
      entryPoints: [file],
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    const paths = [...Object.keys(metafile.inputs), ...sandboxFiles(), "package-lock.json"].sort();
    const contents = paths.map((path) => `${path} ${digest(readFileSync(join(repository, path)))}`);
    return digest([programs, ...contents].join("\n"));
  };
  return Object.fromEntries(files.map((file) => [file, stateOf(file)]));
}

/** The states of the passed results; empty if there are none. */
export function readStates(file: string): Record<string, string> {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** Takes the lock of all runs, which use the same servers. It ends with the process. @throws if another run has it */
export function lockOutOthers(file: string): void {
  const owner = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (owner > 0 && owner !== process.pid && alive(owner))
    throw new Error(`another run of the fault suite is at work: process ${owner}, says ${file}`);
  rmSync(file, { force: true });
  writeFileSync(file, String(process.pid), { flag: "wx" });
  process.on("exit", () => rmSync(file, { force: true }));
}
