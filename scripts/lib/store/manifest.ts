import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod/mini";
import type { archiveEndings, Compression } from "../../contract/backup-names.ts";
import { Manifest } from "../../contract/manifest.ts";
import { runIdPattern } from "../base/run-id.ts";
import { writeDurably } from "../system/durable-file.ts";

const ending = (sha256: string): string => `  "manifestSha256": "${sha256}"\n}\n`;
const endingBytes = ending("0".repeat(64)).length;
const digest = (...parts: (string | Buffer)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

/**
 * The text of a manifest's file. It ends with `manifestSha256`, the sha256 of the whole text in which that one property
 * is still empty: no byte of it can change unnoticed.
 */
export function manifestText(manifest: Manifest): string {
  const open = `${JSON.stringify(manifest, null, 2).slice(0, -2)},\n`;
  return `${open}${ending(digest(open, ending("")))}`;
}

/** @throws a system error, or an Error, SyntaxError or ZodError that says why it is none, or not as it was written. */
export function readManifest(path: string): Manifest {
  const bytes = readFileSync(path);
  const end = Math.max(0, bytes.length - endingBytes);
  const written = bytes.toString("latin1", end) === ending(digest(bytes.subarray(0, end), ending("")));
  const manifest = z.parse(Manifest, JSON.parse(bytes.toString("utf8")));
  if (!written) throw new Error("it was changed after it was written: its own sha256 is another");
  return manifest;
}

/** Writes a manifest (0600), whole or not at all. */
export function writeManifest(path: string, manifest: Manifest): void {
  const temporary = join(dirname(path), partialName(manifest.database.name, manifest.runId, "json"));
  writeDurably(path, temporary, manifestText(manifest));
}

export type PartialKind = (typeof archiveEndings)[Compression] | "roles.sql" | "json";

/** The name of a file that a run is still writing: `.NAME.RUNID.KIND.partial`. */
export const partialName = (database: string, runId: string, kind: PartialKind): string =>
  `.${database}.${runId}.${kind}.partial`;

const partialPattern = new RegExp(
  `^\\.(?<database>[a-z0-9_]+)\\.(?<runId>${runIdPattern})\\.(?<kind>sql\\.(?:gz|zst)|roles\\.sql|json)\\.partial$`,
);

/** The parts of an unfinished file's name, or null for any other file. */
export function parsePartialName(fileName: string): { database: string; runId: string; kind: string } | null {
  const groups = partialPattern.exec(fileName)?.groups;
  if (groups === undefined) return null;
  const { database = "", runId = "", kind = "" } = groups;
  return { database, runId, kind };
}
