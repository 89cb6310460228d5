import { basename } from "node:path";
import { formatBytes, formatTime, plural } from "../base/format.ts";
import type { RestoreSource } from "./source.ts";

const proofs = {
  full: "rows and the content of every table",
  rows: "rows of every table",
} as const;

/** A verified file and its content, for people. */
export function verificationText(source: RestoreSource): string {
  const { manifest, takenAt } = source;
  const rows: [string, string | null][] = [
    ["archive", `${formatBytes(source.bytes)}, ${formatBytes(source.uncompressedBytes)} of SQL`],
    ["sha256", source.sha256],
    ["of", manifest === null ? null : `${manifest.database.database} on ${manifest.server}`],
    ["taken", takenAt === null ? null : formatTime(takenAt)],
    ["made by", source.majorVersion === null ? null : `PostgreSQL ${source.majorVersion}`],
    ["holds", manifest?.totals == null ? null : holds(manifest.totals)],
    ["proves", manifest?.content == null ? null : proofs[manifest.content.proof]],
    ["roles", source.rolesPath === null ? null : basename(source.rolesPath)],
  ];
  const verdict =
    manifest === null ? "whole; no manifest says what it should hold" : "whole, and as its manifest says";
  return [
    `${source.path}: ${verdict}`,
    ...rows.flatMap(([label, text]) => (text === null ? [] : [`  ${label.padEnd(7)}  ${text}`])),
  ].join("\n");
}

const holds = ({ tables, rows }: { tables: number; rows: number }): string =>
  `${plural(tables, "table")} with ${plural(rows, "row")}`;

/** The same for programs. */
export const verificationData = (source: RestoreSource): object => ({
  file: source.path,
  bytes: source.bytes,
  uncompressedBytes: source.uncompressedBytes,
  sha256: source.sha256,
  takenAt: source.takenAt?.toISOString() ?? null,
  majorVersion: source.majorVersion,
  rolesFile: source.rolesPath,
  manifest: source.manifest,
});
