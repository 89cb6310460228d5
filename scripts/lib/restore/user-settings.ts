import type { ServerSetting } from "../../contract/cluster.ts";
import { meaningfulSettings } from "../postgres/cluster.ts";
import { normal, type SettingsHere, type SettingsOfBackup, type UnlikeSetting } from "./server-settings.ts";

/**
 * A role's settings for all databases do not belong to the database, and a restore changes no role. They override those
 * of server and database, so a dump has to be loaded under those of the backup's user.
 */

const keyOf = ({ name }: { name: string }): string => name.toLowerCase();
const byName = (settings: readonly ServerSetting[]) =>
  new Map(settings.map((setting) => [keyOf(setting), setting]));

/**
 * Settings of the user in the new database alone, under which its sessions are like those at the time of the backup:
 * the settings that it had for all databases, and the values of database or server in place of settings that it has
 * only now. None if the backup does not record the user's settings. The user's settings for this database are left out,
 * because they override all others anyway.
 * @param here the settings of server and user.
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

/** The settings of these on which the meaning of data may depend and which differ here. */
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
