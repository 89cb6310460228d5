import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { runIdPattern } from "../base/run-id.ts";
import { listFiles } from "../store/backups.ts";

/**
 * While a rehearsal may have something to be removed, a file says so: `.NAME.RUNID.rehearsal.partial` in the backups
 * directory, which outlasts a reboot. The run's record becomes of it in the end.
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
