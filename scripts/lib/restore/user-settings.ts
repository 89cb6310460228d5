import type { ServerSetting } from "../../contract/cluster.ts";
import { meaningfulSettings } from "../postgres/cluster.ts";
import { normal, type SettingsHere, type SettingsOfBackup, type UnlikeSetting } from "./server-settings.ts";

/**
 * A role's settings in all databases are not the database's, and a restore changes no role. They win over those of
 * server and database, so that a dump has to be loaded under those that the backup's user had.
 */

const keyOf = ({ name }: { name: string }): string => name.toLowerCase();
const byName = (settings: readonly ServerSetting[]) =>
  new Map(settings.map((setting) => [keyOf(setting), setting]));

/**
 * The settings, for the user in the new database alone, under which its sessions are what they were when the backup was
 * made: those that it had in all databases, and, in place of those that it has by now, those of database or server.
 * None where the backup does not say what the user had, nor what it had in this database, which wins.
 * @param here what server and user are set to.
 */
export function userSettingsOfLoad(
  manifest: SettingsOfBackup | null,
  user: string,
  here: SettingsHere,
): { role: string; name: string; value: string }[] {
  const { settings = [], userSettings } = manifest?.cluster ?? {};
  if (userSettings === undefined) return [];
  const given = manifest?.properties?.settings ?? [];
  const own = byName(given.filter(({ role }) => role === user));
  const others = byName([...settings, ...given.filter(({ role }) => role === "")]);
  const had = byName(userSettings);
  const now = (here.userSettings ?? []).flatMap((setting) => others.get(keyOf(setting)) ?? []);
  return [...byName([...now, ...had.values()])].flatMap(([key, { name, value }]) =>
    own.has(key) ? [] : [{ role: user, name, value }],
  );
}

const meaningful: ReadonlySet<string> = new Set(meaningfulSettings.map((name) => name.toLowerCase()));

/** Those of them that the user has otherwise here, of those on which the meaning of data may depend. */
export function unlikeUserSettings(
  manifest: SettingsOfBackup | null,
  user: string,
  here: SettingsHere,
): UnlikeSetting[] {
  const present = byName([...here.settings, ...(here.userSettings ?? [])]);
  return userSettingsOfLoad(manifest, user, here).flatMap(({ name, value }) => {
    const now = present.get(name.toLowerCase());
    const same = now !== undefined && normal(now) === normal({ name, value });
    return same || !(name.includes(".") || meaningful.has(name.toLowerCase()))
      ? []
      : [{ name, value, now: now?.value ?? null }];
  });
}
