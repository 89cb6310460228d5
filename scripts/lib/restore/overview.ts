import { hostname } from "node:os";
import { type Content, totalRows } from "../../contract/content.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { formatAge, formatBytes, formatTime, plural } from "../base/format.ts";
import { differingPropertyNames } from "../postgres/properties.ts";
import type { LiveServer } from "./live-server.ts";
import { unlikeSettings, unlikeText } from "./server-settings.ts";
import type { RestoreSource } from "./source.ts";
import { unlikeUserSettings } from "./user-settings.ts";

/** The overview before a database is replaced: the place, the old and the new database, and how they compare. */
export function restoreOverview(
  settings: Settings,
  database: DatabaseSettings,
  source: RestoreSource,
  server: LiveServer,
  present: Content | null,
  now: Date,
): string {
  const { manifest, takenAt } = source;
  const rows: [string, string, string][] = [
    ["", "backup", "now"],
    [
      "taken",
      takenAt === null ? "unknown" : `${formatTime(takenAt)}, ${formatAge(takenAt, now)}`,
      formatTime(now),
    ],
    [
      "size",
      manifest?.databaseBytes == null
        ? `${formatBytes(source.uncompressedBytes)} of SQL`
        : formatBytes(manifest.databaseBytes),
      server.liveBytes === null ? "there is none" : formatBytes(server.liveBytes),
    ],
    [
      "content",
      manifest?.totals == null
        ? "unknown: no manifest"
        : totals(manifest.totals.tables, manifest.totals.rows),
      present === null ? "unknown" : totals(present.tables.length, totalRows(present.tables)),
    ],
    ["version", `PostgreSQL ${source.majorVersion ?? "unknown"}`, `PostgreSQL ${server.version}`],
  ];
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  const table = rows.map(([label, backup, live]) =>
    `  ${label.padEnd(width(0))}  ${backup.padEnd(width(1))}  ${live}`.trimEnd(),
  );
  const heading = [
    `Restore ${database.database}`,
    `  host ${hostname()} (${settings.server}), container ${database.container}`,
    `  from ${source.path}, ${formatBytes(source.bytes)}`,
  ];
  const unlike = [
    ...unlikeSettings(manifest, server.cluster.settings, database.user),
    ...unlikeUserSettings(manifest, database.user, server.cluster),
  ].map(unlikeText);
  const settingLines =
    unlike.length === 0 ? [] : ["", `  this server is set otherwise than the backup's: ${unlike.join("; ")}`];
  return [...heading, "", ...table, ...propertyLines(source, server), ...settingLines].join("\n");
}

/** A restore replaces the content of a database, not its properties. On a new server that may be unexpected. */
function propertyLines({ manifest }: RestoreSource, { live }: LiveServer): string[] {
  if (live === null || manifest?.properties == null) return [];
  const names = differingPropertyNames(manifest.properties, live);
  return names.length === 0 ? [] : ["", `  not the backup's, but as they are now: ${names.join(", ")}`];
}

const totals = (tables: number, rows: number): string => `${plural(tables, "table")}, ${plural(rows, "row")}`;
