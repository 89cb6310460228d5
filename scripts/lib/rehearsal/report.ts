import { identified } from "../../contract/error-ids.ts";
import type { Manifest } from "../../contract/manifest.ts";
import type { RehearsalRecord } from "../../contract/rehearsal-record.ts";
import { formatDuration, plural } from "../base/format.ts";
import { uncomparedText } from "../content/uncompared.ts";
import type { RestoreRun } from "../restore/run.ts";

/** The log shows the first differences; the record has all. */
const shownDifferences = 10;

const comparedWith: Record<RehearsalRecord["compared"], string> = {
  full: "is what was backed up",
  rows: "has the rows that were backed up (not their content: its manifest has no hashes, or those of another version)",
  nothing: "restores without an error (nothing was compared: it has no manifest)",
};

/** Follows a result: the parts that were not tried. */
export const untriedText = ({ untried = [] }: Pick<RehearsalRecord, "untried">): string =>
  uncomparedText(untried);

/** Logs the result of a rehearsal. */
export function report(
  { database, log }: RestoreRun,
  record: RehearsalRecord,
  manifest: Manifest | null,
  notes: readonly string[],
): void {
  const { archive, compared, differences, error, restoreSeconds, result } = record;
  for (const note of notes) log.event("info", database.name, `rehearsal note: ${note}`);
  if (result === "failed") {
    log.event("error", database.name, identified(`rehearsal failed: ${error}`, "[DBK-REHEARSAL-2]"));
  } else if (result === "different") {
    const rest = differences.length - shownDifferences;
    const shown = [...differences.slice(0, shownDifferences), ...(rest > 0 ? [`and ${rest} more`] : [])];
    log.event(
      "error",
      database.name,
      `rehearsal failed: the database restored from ${archive} differs from its manifest: ${shown.join("; ")} [DBK-REHEARSAL-1]`,
    );
  } else {
    const totals = manifest?.totals ?? null;
    const content =
      totals === null ? "" : `, ${plural(totals.tables, "table")} with ${plural(totals.rows, "row")}`;
    log.event(
      "info",
      database.name,
      `rehearsal finished: ${archive} ${comparedWith[compared]}${content}${untriedText(record)}; a restore takes ${formatDuration(restoreSeconds ?? 0)}`,
    );
  }
}
