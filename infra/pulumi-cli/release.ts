import { createHash } from "node:crypto";
import { existsSync, globSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { syncToDisk } from "../local-machine/atomic-file.ts";
import { succeed } from "../local-machine/command.ts";
import { download, type Limits } from "../local-machine/https-download.ts";
import { PulumiCliError } from "./cli-error.ts";

/** The addresses of a release of the CLI. */
export interface Release {
  version: string;
  /** The directory of the archives, ending in a slash. */
  archives: string;
  /** The publisher's list of their SHA-256, as sha256sum prints it. */
  checksums: string;
}

export const pulumiRelease = (version: string): Release => ({
  version,
  archives: "https://get.pulumi.com/releases/sdk/",
  checksums: `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-${version}-checksums.txt`,
});

export interface ReleaseLimits {
  checksums: Limits;
  archive: Limits;
}

const megabyte = 2 ** 20;
const usualLimits: ReleaseLimits = {
  checksums: { idle: 30_000, total: 60_000, size: megabyte },
  archive: { idle: 30_000, total: 1_800_000, size: 1024 * megabyte },
};

const published: readonly string[] = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

/**
 * Fetches the CLI for this machine and unpacks it into `directory`, which must be empty, if its SHA-256 is what the
 * publisher's list says.
 * @throws PulumiCliError
 */
export async function fetchRelease(
  release: Release,
  directory: string,
  limits: ReleaseLimits = usualLimits,
): Promise<string> {
  const { version } = release;
  const platform = `${process.platform}-${process.arch}`;
  if (!published.includes(platform))
    throw new PulumiCliError("unavailable", `There is no Pulumi CLI for ${platform} to download.`, version);
  const name = `pulumi-v${version}-${platform}.tar.gz`;
  // First, because without the list nothing is downloaded.
  const listed = await listedDigest(release, name, limits.checksums);
  const archive = join(directory, name);
  await fetchArchive(release, name, listed, archive, limits.archive);
  const unpacked = join(directory, "cli");
  await unpack(archive, directory, unpacked, version);
  return unpacked;
}

const failed = (kind: PulumiCliError["kind"], what: string, version: string, error: unknown) =>
  new PulumiCliError(kind, `${what}: ${messageOf(error)}.`, version, {
    cause: error,
  });

/** The SHA-256 that the publisher's list has for the file, in hexadecimal. */
async function listedDigest({ version, checksums }: Release, name: string, limits: Limits): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    for await (const chunk of download(checksums, limits)) parts.push(chunk);
  } catch (error) {
    throw failed(
      "unavailable",
      `The Pulumi CLI's list of checksums cannot be fetched (${checksums})`,
      version,
      error,
    );
  }
  const lines = Buffer.concat(parts).toString().split("\n");
  const [digest = ""] =
    lines.map((line) => line.trim().split(/\s+\*?/)).find((words) => words[1] === name) ?? [];
  if (/^[0-9a-f]{64}$/i.test(digest)) return digest.toLowerCase();
  const what = `The Pulumi CLI's list of checksums has no SHA-256 of ${name} (${checksums}).`;
  throw new PulumiCliError("unavailable", what, version);
}

/** Puts the archive at `path`, which appears only when the whole of it is there and its digest is the listed one. */
async function fetchArchive(
  { version, archives, checksums }: Release,
  name: string,
  listed: string,
  path: string,
  limits: Limits,
): Promise<void> {
  const url = `${archives}${name}`;
  const partial = `${path}.partial`;
  const hash = createHash("sha256");
  async function* hashed() {
    for await (const chunk of download(url, limits)) {
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    const file = await open(partial, "wx", 0o600);
    try {
      await file.writeFile(hashed());
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // A system call failed on this machine, such as on a full disk. Another download would fail too.
    if (error instanceof Error && "syscall" in error)
      throw failed("unwritten", `The Pulumi CLI cannot be written (${partial})`, version, error);
    throw failed("unavailable", `The Pulumi CLI cannot be fetched (${url})`, version, error);
  }
  const found = hash.digest("hex");
  if (found !== listed) {
    rmSync(partial);
    const what = `The Pulumi CLI that was fetched is refused: ${url} has the SHA-256 ${found}, and its publisher's list (${checksums}) says ${listed}. Nothing of it was run.`;
    throw new PulumiCliError("refused", what, version);
  }
  renameSync(partial, path);
}

/** Unpacks it and syncs it to disk, so that a directory with the final name is complete even after a power failure. */
async function unpack(archive: string, directory: string, into: string, version: string): Promise<void> {
  try {
    await succeed(["tar", "-xzf", archive, "-C", directory, "--no-same-owner"]);
    renameSync(join(directory, "pulumi"), into);
    if (!existsSync(join(into, "pulumi"))) throw new Error("it has no pulumi/pulumi");
    for (const name of globSync("**", { cwd: into })) syncToDisk(join(into, name));
    syncToDisk(into);
  } catch (error) {
    throw failed("unavailable", `The Pulumi CLI cannot be unpacked (${archive})`, version, error);
  }
}
