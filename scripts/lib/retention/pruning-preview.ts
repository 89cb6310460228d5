import { basename } from "node:path";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatBytes, plural } from "../base/format.ts";
import { partsByStem } from "../store/backup-parts.ts";
import { type DirectoryEntry, listEntries } from "../store/entries.ts";
import { holdText, plannedPruning } from "./apply.ts";
import { foreignFiles, type PlannedFile } from "./plan.ts";

/** What retention would do, file by file; `--dry-run --json` prints it. */
export interface PruningPreview {
  exitCode: ExitCode;
  databases: DatabaseListing[];
  /** In the order of their names. */
  files: ListedFile[];
}

interface DatabaseListing {
  database: string;
  /** The suspiciously small archive for which older ones are kept; null if there is none. */
  heldBy: string | null;
  /** The same for people. */
  hold: string | null;
  /** Why nothing can be decided about it; null if it was decided. */
  error: string | null;
}

interface ListedFile extends PlannedFile {
  bytes: number;
}

/** Lists the databases' files and, with `everything`, files of no database too. Changes nothing. */
export function pruningPreview(
  settings: Settings,
  databases: readonly DatabaseSettings[],
  everything: boolean,
): PruningPreview {
  const entries = listEntries(settings.paths.backups);
  const plans = databases.map((database) => planOf(settings, database, entries));
  const planned = plans.flatMap(({ files }) => files);
  const bytes = new Map(entries.map((entry) => [entry.name, entry.bytes]));
  return {
    exitCode: plans.some(({ listing }) => listing.error !== null) ? ExitCode.failed : ExitCode.success,
    databases: plans.map(({ listing }) => listing),
    files: [...planned, ...(everything ? foreignFiles(entries, planned) : [])]
      .map((file) => ({ ...file, bytes: bytes.get(file.file) ?? 0 }))
      .sort((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

function planOf(
  settings: Settings,
  database: DatabaseSettings,
  entries: readonly DirectoryEntry[],
): { listing: DatabaseListing; files: PlannedFile[] } {
  const { name } = database;
  try {
    const { files, heldBy } = plannedPruning(settings, database);
    const hold = heldBy === null ? null : holdText(settings, heldBy);
    const archive = heldBy === null ? null : basename(heldBy.archivePath);
    return { listing: { database: name, heldBy: archive, hold, error: null }, files };
  } catch (error) {
    const reason = messageOf(error);
    const parts = [...partsByStem(entries, name).values()].flat();
    return {
      listing: { database: name, heldBy: null, hold: null, error: reason },
      files: parts.map((part) => ({
        ...{ file: part.name, database: name, decision: "keep" },
        reason: `nothing is decided: ${reason}`,
      })),
    };
  }
}

/** The listing for people. */
export function pruningPreviewText(settings: Settings, { databases, files }: PruningPreview): string {
  const going = files.filter(({ decision }) => decision === "remove");
  const freed = going.reduce((total, { bytes }) => total + bytes, 0);
  const width = Math.max(...files.map(({ file }) => file.length));
  return [
    `${settings.paths.backups}: ${plural(files.length, "file")}; ${going.length} would go, ${formatBytes(freed)}`,
    ...files.map(({ file, decision, reason }) => `  ${decision.padEnd(6)}  ${file.padEnd(width)}  ${reason}`),
    ...databases.flatMap(({ hold, error }) => [hold ?? [], error ?? []].flat()),
  ].join("\n");
}
