import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import { formatAge, formatBytes, formatTime, plural } from "../base/format.ts";
import { runStart } from "../postgres/database-names.ts";
import { Server } from "../postgres/server.ts";
import { type Backup, listBackups } from "../store/backups.ts";
import { type KeptDatabase, readLiveServer } from "./live-server.ts";

export interface DatabaseListing {
  database: DatabaseSettings;
  backups: Backup[];
  made: KeptDatabase[];
  /** Why the kept databases are unknown; null if they are known. */
  problem: string | null;
}

/** The backups, and the databases that restores kept. Backups are listed even if the server does not answer. */
export async function listRestorable(
  settings: Settings,
  databases: readonly DatabaseSettings[],
  runId: string,
  signal: AbortSignal,
): Promise<DatabaseListing[]> {
  return Promise.all(
    databases.map(async (database) => {
      const backups = listBackups(settings.paths.backups, database.name);
      try {
        const { made } = await readLiveServer(Server.of({ settings, database, runId }).until(signal));
        return { database, backups, made, problem: null };
      } catch (error) {
        return { database, backups, made: [], problem: messageOf(error) };
      }
    }),
  );
}

/** The list for people. */
export function restorableText(listings: readonly DatabaseListing[], now: Date): string {
  return listings
    .flatMap(({ database, backups, made, problem }) => [
      `${database.name}: database ${database.database} in container ${database.container}`,
      ...(backups.length === 0 ? ["  no backups"] : backups.map((backup) => backupLine(backup, now))),
      ...made.map((kept) => keptLine(kept, now)),
      ...(problem === null ? [] : [`  kept databases unknown: ${problem}`]),
    ])
    .join("\n");
}

function backupLine(backup: Backup, now: Date): string {
  const totals = backup.manifest?.totals;
  const facts = [
    formatTime(backup.takenAt),
    formatAge(backup.takenAt, now),
    formatBytes(backup.bytes),
    ...(totals == null ? [] : [`${plural(totals.tables, "table")}, ${plural(totals.rows, "row")}`]),
    backup.adopted ? `${backup.class} (adopted)` : backup.class,
    verification(backup),
    ...(backup.pinned ? ["pinned"] : []),
    ...(backup.shrunk ? ["suspiciously small"] : []),
  ];
  return `  ${backup.archivePath}\n    ${facts.join(" · ")}`;
}

function verification(backup: Backup): string {
  if (backup.manifestProblem !== null) return `its manifest cannot be used: ${backup.manifestProblem}`;
  if (backup.manifest === null) return "never verified: no manifest";
  return backup.verified ? "verified" : "NOT verified: its size differs from the manifest";
}

const kindTexts = {
  previous: "kept, --rollback brings it back",
  restoring: "left by a restore that died or being filled",
  rehearsal: "left by a rehearsal that died or at work",
} as const;

function keptLine(kept: KeptDatabase, now: Date): string {
  const since = runStart(kept.runId);
  return `  database ${kept.name}\n    ${formatTime(since)} · ${formatAge(since, now)} · ${formatBytes(kept.bytes)} · ${kindTexts[kept.kind]}`;
}

/** The same for programs. */
export function restorableData(listings: readonly DatabaseListing[]): unknown {
  return listings.map(({ database, backups, made, problem }) => ({
    name: database.name,
    database: database.database,
    container: database.container,
    backups: backups.map((backup) => ({
      file: backup.archivePath,
      takenAt: backup.takenAt.toISOString(),
      bytes: backup.bytes,
      totals: backup.manifest?.totals ?? null,
      class: backup.class,
      verified: backup.verified,
      adopted: backup.adopted,
      pinned: backup.pinned,
      shrunk: backup.shrunk,
    })),
    databases: made.map((kept) => ({
      name: kept.name,
      kind: kept.kind,
      since: runStart(kept.runId).toISOString(),
      bytes: kept.bytes,
    })),
    problem,
  }));
}
