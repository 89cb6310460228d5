import type { Content } from "../../contract/content.ts";
import type { Manifest } from "../../contract/manifest.ts";
import { contentDifferences, contentNotes } from "../content/differences.ts";
import { RestoreError } from "./errors.ts";
import type { RestoreRun } from "./run.ts";

/**
 * Compares what was restored from the file `path` with what its manifest says of it, and logs what differs and may.
 * @throws RestoreError `check` when the content is not what the manifest says and the run does not accept that.
 */
export function requireContent(
  { acceptsDifferences, database, log }: RestoreRun,
  manifest: Manifest | null,
  content: Content,
  path: string,
): void {
  const expected = manifest?.content ?? null;
  if (expected === null) {
    const why = manifest === null ? "it has no manifest" : "its manifest says nothing of its content";
    log.event(
      "warning",
      database.name,
      `what was restored from ${path} was not compared: ${why} [DBK-RESTORE-6]`,
    );
    return;
  }
  const wrong = contentDifferences(expected, content);
  const what = `what was restored from ${path} is not what was backed up: ${wrong.join("; ")}`;
  if (wrong.length > 0) {
    if (!acceptsDifferences) {
      const way = "choose another backup, or use --accept-differences [DBK-RESTORE-5]";
      throw new RestoreError("check", `${what}; ${way}`);
    }
    log.event("warning", database.name, `${what}; accepted [DBK-RESTORE-6]`);
  }
  for (const note of contentNotes(expected, content)) log.event("info", database.name, note);
}
