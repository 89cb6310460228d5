import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/**
 * Runs on the sandbox server as `audit DIRECTORY`. Reads every file of the backups directory and reports its faults,
 * without the product's code.
 */
export interface Audit {
  /** The sha256 of each file by its name, without the run records. */
  files: Record<string, string>;
  /** Files with an archive's name that are not a good backup, in words. */
  bad: string[];
  /** Files without an archive, including hidden ones. */
  stray: string[];
}

/** The run records, to which each run adds. */
const recordsOfRuns = /^\.runs-\d{4}-\d\d\.jsonl$/;
const archiveEnding = /\.sql\.(gz|zst)$/;

const decompressed = (archive: string, bytes: Buffer): Buffer =>
  archive.endsWith(".zst") ? zstdDecompressSync(bytes) : gunzipSync(bytes);

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

function problem(directory: string, archive: string): string | null {
  const bytes = readFileSync(join(directory, archive));
  try {
    const text = decompressed(archive, bytes);
    const end = text.subarray(-200).toString("latin1");
    if (!end.includes("-- PostgreSQL database dump complete")) return "its dump is not complete";
    const manifest = JSON.parse(
      readFileSync(join(directory, archive.replace(archiveEnding, ".json")), "utf8"),
    );
    if (manifest.archive.file !== archive) return "its manifest is another's";
    if (manifest.archive.sha256 !== sha256(bytes)) return "its sha256 is not the manifest's";
    if (manifest.archive.uncompressedBytes !== text.length) return "its length is not the manifest's";
    // An adopted archive of a hand-made script has none.
    if (manifest.adopted) return null;
    const roles = readFileSync(join(directory, manifest.roles.file));
    return manifest.roles.sha256 === sha256(roles) ? null : "its roles are not the manifest's";
  } catch (error) {
    return String(error);
  }
}

function audit(directory: string): Audit {
  const names = readdirSync(directory)
    .filter((name) => !recordsOfRuns.test(name))
    .sort();
  const archives = names.filter((name) => !name.startsWith(".") && archiveEnding.test(name));
  const stems = archives.map((name) => name.replace(archiveEnding, "."));
  return {
    files: Object.fromEntries(names.map((name) => [name, sha256(readFileSync(join(directory, name)))])),
    bad: archives.flatMap((archive) => {
      const reason = problem(directory, archive);
      return reason === null ? [] : [`${archive}: ${reason}`];
    }),
    stray: names.filter((name) => !stems.some((stem) => name.startsWith(stem))),
  };
}

process.stdout.write(JSON.stringify(audit(process.argv[2] ?? "")));
