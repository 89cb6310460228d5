import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { DatabaseProperties } from "../../contract/database-properties.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { messageOf, ProgramError, systemCode } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { writeDurably } from "../system/durable-file.ts";

/**
 * Written before an in-place restore drops the live database, removed when a database stands under its name again:
 * whoever finds it after a crash knows what the database was like and which backup holds its content.
 */
export const InPlaceState = z.object({
  version: z.literal(1),
  runId: z.string(),
  /** The live database's number before the drop: one with another number is somebody else's. */
  liveOid: z.int(),
  /** The archive that holds what the live database was. */
  preRestoreArchive: z.string(),
  properties: DatabaseProperties,
});
export type InPlaceState = z.infer<typeof InPlaceState>;

/** Where it is written down. */
export const inPlaceStatePath = (settings: Settings, { name }: DatabaseSettings): string =>
  join(settings.paths.backups, `.${name}.in-place.json`);

/** The statements that make the database what it was, for a person who brings it back by hand. */
export const wayBackPath = (settings: Settings, { name }: DatabaseSettings): string =>
  join(settings.paths.backups, `.${name}.in-place.sql`);

/** What an in-place restore that was cut off left behind; null when none was. */
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

/** What an in-place restore that was cut off after its drop left behind, whatever stands under the live name by now. */
export function unfinishedInPlace(
  settings: Settings,
  database: DatabaseSettings,
  { liveOid }: { liveOid: number | null },
): InPlaceState | null {
  const state = readInPlaceState(settings, database);
  return state === null || state.liveOid === liveOid ? null : state;
}
