import { totalRows } from "../content/content.ts";
import { formatDuration, plural } from "../format.ts";
import type { Restored } from "./beside.ts";
import type { RestoreRun } from "./run.ts";

export interface RestoreReport extends Restored {
  /** The archive that was made of the live database before; null when there was none. */
  preRestoreArchive: string | null;
}

/** What a restore did, in one line. */
export function summary(run: RestoreRun, report: RestoreReport): string {
  const { content, cutOffSeconds, createdRoles, previous } = report;
  const parts = [
    [
      `${plural(content.tables.length, "table")} with ${plural(totalRows(content.tables), "row")}`,
      plural(content.sequences.length, "sequence"),
      plural(content.largeObjects.count, "large object"),
    ].join(", "),
    cutOffSeconds === null
      ? "clients were cut off for a moment"
      : `clients were cut off for ${formatCutOff(cutOffSeconds)}`,
  ];
  if (createdRoles.length > 0) parts.push(`made the missing roles ${createdRoles.join(", ")}`);
  if (previous !== null)
    parts.push(`the replaced database is kept as ${previous}; undo: ${rollbackCommand(run)}`);
  return parts.join("; ");
}

/** Below ten seconds the tenths of `formatDuration` hide what matters. */
export const formatCutOff = (seconds: number): string =>
  seconds < 10 ? `${Math.round(seconds * 1000)} ms` : formatDuration(seconds);

export const rollbackCommand = ({ settings, database }: RestoreRun): string =>
  `${settings.paths.restoreLauncher} --rollback --database ${database.name}`;
