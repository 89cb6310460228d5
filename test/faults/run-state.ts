import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { repository } from "../sandbox/cache.ts";
import { execute } from "../sandbox/command.ts";

/** What is tested, and that one run at a time tests it. */

const tested = ["scripts", "infra", "test", "package.json", "package-lock.json", "vitest.config.ts"];

/** The commit, and a hash of what differs from it in the files that count; the same for the same code. */
export async function codeState(): Promise<string> {
  const git = async (...words: string[]) => {
    const { code, stdout, stderr } = await execute(["git", "-C", repository, ...words]);
    if (code !== 0) throw new Error(`git ${words[0]} in ${repository} failed: ${stderr}`);
    return stdout.trim();
  };
  const commit = await git("rev-parse", "HEAD");
  const status = await git("status", "--porcelain", "--untracked-files=all", "--", ...tested);
  if (status === "") return `commit ${commit}`;
  const changes = createHash("sha256")
    .update(status)
    .update(await git("diff", "HEAD", "--", ...tested));
  return `commit ${commit} with uncommitted changes ${changes.digest("hex").slice(0, 12)}`;
}

/** Refuses results of other code: a page is about one state of it. */
export function refuseOther(file: string, state: string, seed: string): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : state;
  if (before !== state)
    throw new Error(
      `the results of seed ${seed} are of ${before}, and this is ${state}: take another FAULT_SEED`,
    );
  writeFileSync(file, state);
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** Takes the lock of all runs, which use the same servers; throws where another has it. It ends with the process. */
export function lockOutOthers(file: string): void {
  const owner = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (owner > 0 && owner !== process.pid && alive(owner))
    throw new Error(`another run of the fault suite is at work: process ${owner}, says ${file}`);
  rmSync(file, { force: true });
  writeFileSync(file, String(process.pid), { flag: "wx" });
  process.on("exit", () => rmSync(file, { force: true }));
}
