import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { runIdPattern } from "../base/run-id.ts";
import { listFiles } from "../store/backups.ts";

/**
 * A marker file exists while a rehearsal may have leftovers: `.NAME.RUNID.rehearsal.partial` in the backups directory,
 * which survives a reboot. In the end it becomes the run's record.
 */
const pattern = new RegExp(`^\\.(?<database>[a-z0-9_]+)\\.(?<runId>${runIdPattern})\\.rehearsal\\.partial$`);

export const markerPath = ({ paths }: Settings, { name }: DatabaseSettings, runId: string): string =>
  join(paths.backups, `.${name}.${runId}.rehearsal.partial`);

export function placeMarker(settings: Settings, database: DatabaseSettings, runId: string): void {
  writeFileSync(markerPath(settings, database, runId), "", { mode: 0o600 });
}

export function removeMarker(settings: Settings, database: DatabaseSettings, runId: string): void {
  rmSync(markerPath(settings, database, runId), { force: true });
}

/** The rehearsals of a database that have not removed everything yet: living ones and crashed ones. */
export function markedRuns({ paths }: Settings, { name }: DatabaseSettings): string[] {
  return listFiles(paths.backups).flatMap((fileName) => {
    const { database, runId } = pattern.exec(fileName)?.groups ?? {};
    return database === name && runId !== undefined ? [runId] : [];
  });
}
