import { join } from "node:path";
import { type CommandOptions, execute, isInstalled, succeed } from "../../../infra/local-machine/command.ts";
import { installPackages, mayInstallPackages } from "../../../infra/local-machine/debian.ts";

/** N of the go1.N that go.mod asks for. */
const needed = 26;
const toolchain = "v0.0.1-go1.26.8";

/** Checksums of the toolchain's modules, pinned here as no go.sum can list them. */
const sums: Record<string, string> = {
  "linux-amd64": "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=",
  "linux-arm64": "h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=",
};

/** A build may use only what go.sum lists: the checksum database cannot be asked everywhere. */
export const goEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  GOTOOLCHAIN: "local",
  GOFLAGS: "-mod=readonly",
  GONOSUMDB: "*",
};

/**
 * A `go` that can build the CLI: the one on PATH if it is new enough; else the toolchain's module, which any older `go`
 * can download into `moduleCache`, even the one of Debian's package golang-go (installed where that may be done).
 */
export async function ensureGo(moduleCache: string, options: CommandOptions): Promise<string> {
  if (!(await isInstalled("go"))) {
    if (!mayInstallPackages()) {
      throw new Error(
        "`go` is not installed, and may not be installed here. Install it (https://go.dev/dl/) and try again.",
      );
    }
    await installPackages("golang-go", "ca-certificates");
  }
  const version = await succeed(["go", "version"], { env: goEnvironment });
  const minor = Number(/go1\.(\d+)/.exec(version)?.[1]);
  return minor >= needed ? "go" : downloadToolchain(moduleCache, options);
}

async function downloadToolchain(moduleCache: string, options: CommandOptions): Promise<string> {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const argv = ["go", "mod", "download", "-json", `golang.org/toolchain@${toolchain}.${platform}`];
  const env = { ...goEnvironment, GOFLAGS: "", GOMODCACHE: moduleCache };
  const answer = await execute(argv, { ...options, env });
  const module = JSON.parse(answer.stdout || "{}") as { Dir?: string; Sum?: string; Error?: string };
  if (!module.Dir)
    throw new Error(`The Go toolchain cannot be downloaded: ${module.Error ?? answer.stderr.trim()}`);
  if (module.Sum !== sums[platform]) {
    throw new Error(
      `The Go toolchain for ${platform} has the checksum ${module.Sum}, not the pinned ${sums[platform]}; it is not used.`,
    );
  }
  // A module's files are neither writable nor executable.
  const programs = [join(module.Dir, "bin"), join(module.Dir, "pkg", "tool")];
  await succeed(["chmod", "-R", "u+wx", ...programs]);
  return join(module.Dir, "bin", "go");
}
