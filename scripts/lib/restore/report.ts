import { totalRows } from "../../contract/content.ts";
import { formatBytes, formatDuration, formatTime, plural } from "../base/format.ts";
import { changesText, type TableChange } from "./changes.ts";
import type { Filled } from "./filling.ts";
import type { TakenName } from "./live-name.ts";
import type { LiveServer } from "./live-server.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

export type Restored = Filled & TakenName;

export interface RestoreReport extends Restored {
  /** The archive of the pre-restore backup; null if there was no live database. */
  preRestoreArchive: string | null;
  /** The tables that differ from that archive; null if there is none. */
  changes: TableChange[] | null;
}

/** The content of a restored database and the roles made for it, in one line. */
export function contentText({ content, createdRoles }: Filled): string {
  const held = [
    `${plural(content.tables.length, "table")} with ${plural(totalRows(content.tables), "row")}`,
    plural(content.sequences.length, "sequence"),
    plural(content.largeObjects.count, "large object"),
  ].join(", ");
  return createdRoles.length === 0 ? held : `${held}; made the missing roles ${createdRoles.join(", ")}`;
}

/** The result of a restore, in one line. */
export function summary(run: RestoreRun, report: RestoreReport): string {
  const { cutOffSeconds, previous } = report;
  const cutOff = cutOffSeconds === null ? "a moment" : formatCutOff(cutOffSeconds);
  const nothing = previous === null && cutOffSeconds === null;
  const clients = nothing ? "there was no database until now" : `clients were cut off for ${cutOff}`;
  const parts = [contentText(report), clients];
  if (previous !== null)
    parts.push(`the replaced database is kept as ${previous}; undo: ${rollbackCommand(run)}`);
  return parts.join("; ");
}

/** Below ten seconds the tenths of `formatDuration` are too coarse. */
export const formatCutOff = (seconds: number): string =>
  seconds < 10 ? `${Math.round(seconds * 1000)} ms` : formatDuration(seconds);

export const rollbackCommand = ({ settings, database }: RestoreRun): string =>
  `${settings.paths.restoreLauncher} --rollback --database ${database.name}`;

/** The former and the present live database: age, size, and the tables whose rows differ. */
export function replacementText(source: RestoreSource, before: LiveServer, report: RestoreReport): string {
  const { changes, content, preRestoreArchive, previous } = report;
  const taken = source.takenAt === null ? "an unknown time" : formatTime(source.takenAt);
  const size = before.liveBytes === null ? "" : ` of ${formatBytes(before.liveBytes)}`;
  const kept = [previous, preRestoreArchive].filter((place) => place !== null);
  const heading = `The live database is now what it was at ${taken}: ${plural(content.tables.length, "table")}.`;
  if (changes === null) return heading;
  const where = kept.length === 0 ? "" : `; what it was until now${size} is in ${kept.join(" and in ")}`;
  const same = content.tables.length - changes.filter(({ rowsNow }) => rowsNow !== null).length;
  return [
    heading,
    `Then and now${where}:`,
    ...changesText(changes),
    ...(changes.length === 0 || same === 0 ? [] : [`  ${plural(same, "table")} as before`]),
  ].join("\n");
}
