import type { ServerPlan } from "../config/plan.ts";
import type { NpmFile } from "../remotehost/file.ts";
import type { ServerFacts } from "../requirements/requirements.ts";
import { programsDirectory } from "./installation.ts";

/** The version of Node that is sent to servers: an LTS release whose binary runs on a minimal Debian. */
export const pinnedVersion = "24.21.0";

interface PinnedBinary {
  /** The npm package's, in the form of a lock file. */
  integrity: string;
  /** That of `bin/node` in the package. */
  sha256: string;
}

type Architecture = NonNullable<ServerFacts["architecture"]>;

const binaries: Record<Architecture, PinnedBinary> = {
  x64: {
    integrity:
      "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
    sha256: "7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c",
  },
  arm64: {
    integrity:
      "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
    sha256: "0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584",
  },
};

/** The Node of a server's programs: a file to send, or the server's own. */
export interface NodeRuntime {
  path: string;
  file: { source: NpmFile; sha256: string } | null;
}

/**
 * Chooses the Node of a server. The architecture of an unreachable server is unknown. Any is correct then, because the
 * engine compares its declared resources with nothing.
 */
export function nodeRuntime(plan: ServerPlan, facts: ServerFacts): NodeRuntime {
  if (plan.runtime === "system") return { path: facts.systemNode?.path ?? "/usr/bin/node", file: null };
  const architecture = facts.architecture ?? "x64";
  const { integrity, sha256 } = binaries[architecture];
  const source = {
    package: `node-linux-${architecture}`,
    version: pinnedVersion,
    integrity,
    file: "bin/node",
  };
  return { path: `${programsDirectory(plan)}/node-${pinnedVersion}`, file: { source, sha256 } };
}
