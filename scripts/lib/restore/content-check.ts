import type { Content } from "../content/content.ts";
import { contentDifferences, contentNotes } from "../content/differences.ts";
import type { Manifest } from "../manifest.ts";
import { RestoreError } from "./errors.ts";

/**
 * Compares what was restored from the file `path` with what its manifest says of it.
 * @returns what differs and may, one sentence each.
 * @throws RestoreError `check` when the content is not what the manifest says.
 */
export function requireContent(manifest: Manifest | null, content: Content, path: string): string[] {
  const expected = manifest?.content ?? null;
  if (expected === null) return [];
  const wrong = contentDifferences(expected, content);
  if (wrong.length === 0) return contentNotes(expected, content);
  throw new RestoreError(
    "check",
    `what was restored from ${path} is not what was backed up: ${wrong.join("; ")}`,
  );
}
