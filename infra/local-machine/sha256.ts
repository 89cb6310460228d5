import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

export function sha256OfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

// Cached by path and the metadata that change with a file's bytes: many servers get the same file.
const hashes = new Map<string, { version: string; sha256: Promise<string> }>();

/**
 * The sha256 of the file's present bytes, in hexadecimal. The file is read again only if it has changed since the last
 * time.
 */
export async function sha256OfFile(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const version = [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  const present = hashes.get(path);
  if (present?.version === version) return present.sha256;
  const sha256 = hashed(path);
  hashes.set(path, { version, sha256 });
  sha256.catch(() => hashes.delete(path));
  return sha256;
}

async function hashed(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
