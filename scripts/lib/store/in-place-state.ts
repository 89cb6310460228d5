import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { DatabaseProperties } from "../../contract/database-properties.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { messageOf, ProgramError, systemCode } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { writeDurably } from "../system/durable-file.ts";

/**
 * Written before an in-place restore drops the live database, removed when a database has that name again. After a
 * crash it describes the database and names the backup with its content.
 */
export const InPlaceState = z.object({
  version: z.literal(1),
  runId: z.string(),
  /** The live database's oid before the drop. A database with another oid was made by another program. */
  liveOid: z.int(),
  /** The archive with the former content of the live database. */
  preRestoreArchive: z.string(),
  properties: DatabaseProperties,
});
export type InPlaceState = z.infer<typeof InPlaceState>;

/** The path of the state file. */
export const inPlaceStatePath = (settings: Settings, { name }: DatabaseSettings): string =>
  join(settings.paths.backups, `.${name}.in-place.json`);

/** The statements that restore the database's properties, for a person who brings it back by hand. */
export const wayBackPath = (settings: Settings, { name }: DatabaseSettings): string =>
  join(settings.paths.backups, `.${name}.in-place.sql`);

/** The state of an interrupted in-place restore; null if there is none. */
export function readInPlaceState(settings: Settings, database: DatabaseSettings): InPlaceState | null {
  const path = inPlaceStatePath(settings, database);
  try {
    return z.parse(InPlaceState, JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw new ProgramError(
      `${path} cannot be read: ${messageOf(error)}; remove it if ${database.database} is whole [DBK-INPLACE-6]`,
      ExitCode.failed,
      error,
    );
  }
}

export function writeInPlaceState(settings: Settings, database: DatabaseSettings, state: InPlaceState): void {
  const path = inPlaceStatePath(settings, database);
  removeInPlaceState(settings, database);
  writeDurably(path, `${path}~`, `${JSON.stringify(state, null, 2)}\n`);
}

export function removeInPlaceState(settings: Settings, database: DatabaseSettings): void {
  rmSync(inPlaceStatePath(settings, database), { force: true });
  rmSync(wayBackPath(settings, database), { force: true });
}

/** The state of an in-place restore that was interrupted after its drop, whatever database has the live name now. */
export function unfinishedInPlace(
  settings: Settings,
  database: DatabaseSettings,
  { liveOid }: { liveOid: number | null },
): InPlaceState | null {
  const state = readInPlaceState(settings, database);
  return state === null || state.liveOid === liveOid ? null : state;
}
