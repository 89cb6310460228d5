import type { Content } from "../../contract/content.ts";
import type { Manifest } from "../../contract/manifest.ts";
import { contentDifferences, contentNotes } from "../content/differences.ts";
import { RestoreError } from "./errors.ts";
import type { RestoreRun } from "./run.ts";

/**
 * Compares the content restored from the file `path` with its manifest, and logs differences that are allowed.
 * @throws RestoreError `check` when the content differs from the manifest and the run does not accept differences.
 */
export function requireContent(
  { acceptsDifferences, database, log }: RestoreRun,
  manifest: Manifest | null,
  content: Content,
  path: string,
): void {
  const expected = manifest?.content ?? null;
  if (expected === null) {
    const why = manifest === null ? "there is none" : "it does not describe the content";
    log.event(
      "warning",
      database.name,
      `the database restored from ${path} was not compared with its manifest: ${why} [DBK-RESTORE-6]`,
    );
    return;
  }
  const wrong = contentDifferences(expected, content);
  const what = `the database restored from ${path} differs from its manifest: ${wrong.join("; ")}`;
  if (wrong.length > 0) {
    if (!acceptsDifferences) {
      const way = "choose another backup, or use --accept-differences [DBK-RESTORE-5]";
      throw new RestoreError("check", `${what}; ${way}`);
    }
    log.event("warning", database.name, `${what}; accepted [DBK-RESTORE-6]`);
  }
  for (const note of contentNotes(expected, content)) log.event("info", database.name, note);
}
