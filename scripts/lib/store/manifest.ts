import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod/mini";
import { Manifest } from "../../contract/manifest.ts";
import { writeDurably } from "../system/durable-file.ts";
import { partialPath } from "./partial-files.ts";

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

/**
 * @throws a system error, or an Error, SyntaxError or ZodError if it is no manifest or was changed after it was
 * written.
 */
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
  const temporary = partialPath(dirname(path), manifest.database.name, manifest.runId, "json");
  try {
    writeDurably(path, temporary, manifestText(manifest));
  } catch (error) {
    // The next run would take it for a leftover of a crashed run.
    rmSync(temporary, { force: true });
    throw error;
  }
}
