import type { Manifest } from "../../contract/manifest.ts";
import { formatBytes, formatNumber, plural } from "../base/format.ts";
import { median } from "../base/median.ts";
import { goodOnes } from "../retention/rules.ts";
import type { Backup } from "../store/backups.ts";

/** The sizes of a backup that are compared with its predecessors. */
export interface BackupSize {
  archive: Pick<Manifest["archive"], "bytes" | "format">;
  totals: Manifest["totals"];
  content: { tables: readonly { schema: string; name: string; rows: number }[] } | null;
}

const comparedPredecessors = 7;
const namedTables = 5;

/**
 * The backups with which a new one is compared, newest first: the last good ones that are not suspicious themselves, so
 * that a second emptied backup does not make the first one usual. A backup that a person accepted is the new measure;
 * older ones no longer count.
 */
export function predecessors(backups: readonly Backup[], now: Date): Manifest[] {
  const found: Manifest[] = [];
  for (const { manifest, shrunk } of goodOnes(backups, now)) {
    if (manifest === null || shrunk) continue;
    found.push(manifest);
    if ((manifest.shrunk ?? []).length > 0 || found.length === comparedPredecessors) break;
  }
  return found;
}

/**
 * Why a backup is suspiciously small: its bytes, tables or rows are `limit` percent or more below the median of its
 * predecessors (newest first). One sentence each; null if it is not small.
 */
export function shrinkage(
  backup: BackupSize,
  earlier: readonly BackupSize[],
  limit: number,
): string[] | null {
  const totals = earlier.flatMap((one) => one.totals ?? []);
  const [previous] = earlier;
  const measures = [
    {
      what: "size",
      now: backup.archive.bytes,
      // With another compression the same content has another size.
      before: earlier.flatMap(({ archive }) =>
        archive.format === backup.archive.format ? [archive.bytes] : [],
      ),
      text: (value: number) => formatBytes(value),
      detail: () => "",
    },
    {
      what: "tables",
      now: backup.totals?.tables,
      before: totals.map(({ tables }) => tables),
      text: (value: number) => plural(value, "table"),
      detail: () => goneTables(backup, previous),
    },
    {
      what: "rows",
      now: backup.totals?.rows,
      before: totals.map(({ rows }) => rows),
      text: (value: number) => plural(value, "row"),
      detail: () => emptiedTables(backup, previous, limit),
    },
  ];
  const sentences = measures.flatMap(({ what, now, before, text, detail }) => {
    const usual = median(before);
    if (now === undefined || usual === null) return [];
    const percent = percentSmaller(now, usual);
    if (percent < limit) return [];
    return [
      `${what} ${percent} % smaller than usual: ${text(now)}, usually ${text(Math.round(usual))}${detail()}`,
    ];
  });
  return sentences.length === 0 ? null : sentences;
}

/** 0 if it is not smaller, or if there is nothing to compare with. */
const percentSmaller = (now: number, usual: number): number =>
  usual === 0 ? 0 : Math.max(0, Math.floor((1 - now / usual) * 100));

const nameOf = ({ schema, name }: { schema: string; name: string }): string => `${schema}.${name}`;
const tablesOf = (backup: BackupSize | undefined) => backup?.content?.tables ?? [];

function goneTables(backup: BackupSize, previous: BackupSize | undefined): string {
  const present = new Set(tablesOf(backup).map(nameOf));
  return named(
    "gone",
    tablesOf(previous)
      .map(nameOf)
      .filter((name) => !present.has(name)),
  );
}

function emptiedTables(backup: BackupSize, previous: BackupSize | undefined, limit: number): string {
  const rows = new Map(tablesOf(backup).map((table) => [nameOf(table), table.rows]));
  const lost = tablesOf(previous)
    .map((table) => ({ name: nameOf(table), before: table.rows, now: rows.get(nameOf(table)) ?? 0 }))
    .filter(({ before, now }) => now < before && percentSmaller(now, before) >= limit)
    .sort((a, b) => b.before - b.now - (a.before - a.now));
  const text = ({ name, before, now }: (typeof lost)[number]) =>
    `${name} ${formatNumber(now)} after ${formatNumber(before)}`;
  return named("most of it in", lost.map(text));
}

function named(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > namedTables ? ` and ${names.length - namedTables} more` : "";
  return `; ${what} ${names.slice(0, namedTables).join(", ")}${more}`;
}
