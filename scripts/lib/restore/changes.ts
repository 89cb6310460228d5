import { formatNumber, plural } from "../base/format.ts";
import { displayName, type TableName } from "./table-names.ts";

/** The content of a table: rows and hash, or only rows. */
export interface CountedTable extends TableName {
  rows: number;
  hash?: string | null;
}

/** A table whose rows have changed. */
export interface TableChange extends TableName {
  /** Null if the table did not exist. */
  rowsThen: number | null;
  /** Null if the table does not exist now. */
  rowsNow: number | null;
}

/** The tables that differ between the former and the present database, sorted by name. */
export function changedTables(then: readonly CountedTable[], now: readonly CountedTable[]): TableChange[] {
  const key = ({ schema, name }: TableName) => JSON.stringify([schema, name]);
  const before = new Map(then.map((table) => [key(table), table]));
  const after = new Map(now.map((table) => [key(table), table]));
  return [...new Map([...before, ...after]).entries()]
    .flatMap(([id, { schema, name }]) => {
      const old = before.get(id);
      const present = after.get(id);
      if (old !== undefined && present !== undefined && sameContent(old, present)) return [];
      return [{ schema, name, rowsThen: old?.rows ?? null, rowsNow: present?.rows ?? null }];
    })
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function sameContent(a: CountedTable, b: CountedTable): boolean {
  return a.rows === b.rows && (a.hash == null || b.hash == null || a.hash === b.hash);
}

const mostShown = 20;

/** The changes for people, one line each; those beyond the first twenty are only counted. */
export function changesText(changes: readonly TableChange[]): string[] {
  if (changes.length === 0) return ["  every table has what it had"];
  const shown = changes.slice(0, mostShown);
  const width = Math.max(...shown.map((change) => displayName(change).length));
  const lines = shown.map((change) => `  ${displayName(change).padEnd(width)}  ${changeText(change)}`);
  const more = changes.length - shown.length;
  return more === 0 ? lines : [...lines, `  and ${plural(more, "table")} more`];
}

function changeText({ rowsThen, rowsNow }: TableChange): string {
  if (rowsThen === null) return `was not there, now ${plural(rowsNow ?? 0, "row")}`;
  if (rowsNow === null) return `${plural(rowsThen, "row")}, is not there now`;
  if (rowsThen === rowsNow) return `${plural(rowsNow, "row")} as before, with other content`;
  const difference = rowsNow - rowsThen;
  return `${plural(rowsThen, "row")}, now ${formatNumber(rowsNow)} (${difference > 0 ? "+" : "−"}${formatNumber(Math.abs(difference))})`;
}
