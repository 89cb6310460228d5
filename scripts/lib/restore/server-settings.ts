import type { ServerSetting } from "../../contract/cluster.ts";
import { identifier, literal } from "../postgres/sql.ts";

/** A setting of the backup's server that this server lacks or sets to another value. */
export interface UnlikeSetting extends ServerSetting {
  /** The value on this server; null if there is none. */
  now: string | null;
}

/** The settings of a server for every session, and of a role for its own. Older backups have no `userSettings`. */
export interface SettingsHere {
  settings: readonly ServerSetting[];
  userSettings?: readonly ServerSetting[] | undefined;
}

/** The settings in a manifest. */
export interface SettingsOfBackup {
  cluster?: SettingsHere | null | undefined;
  properties: { settings: { role: string; name: string; value: string }[] } | null;
  content?: { extensions: readonly { name: string }[] } | null;
}

/** Names of the same zone. Servers without a setting of their own have one or another of them. */
const universalTime = new Set(["utc", "etc/utc", "gmt", "etc/gmt", "uct", "etc/uct", "zulu", "etc/zulu"]);

const normalForms: Readonly<Record<string, (value: string) => string>> = {
  timezone: (value) => (universalTime.has(value.toLowerCase()) ? "UTC" : value.toLowerCase()),
  default_text_search_config: (value) => value.replace(/^pg_catalog\./, ""),
  datestyle: (value) => value.replaceAll(" ", "").toLowerCase(),
};
/** `de_DE.utf8` is `de_DE.UTF-8`. */
const localeForm = (value: string): string => value.toLowerCase().replaceAll("-", "");

/** Equal texts for equal meanings. */
export function normal({ name, value }: ServerSetting): string {
  const key = name.toLowerCase();
  return (normalForms[key] ?? (key.startsWith("lc_") ? localeForm : (same: string) => same))(value);
}

/** Settings of libraries that are no extensions. They do not concern data. */
const observers = ["auto_explain"];

/**
 * The settings of the backup's server that this server lacks or sets to another value. Settings of the database, of the
 * user and of extensions are left out.
 */
export function unlikeSettings(
  manifest: SettingsOfBackup | null,
  here: readonly ServerSetting[],
  user: string,
): UnlikeSetting[] {
  const own = new Set(
    (manifest?.properties?.settings ?? []).flatMap(({ role, name }) =>
      role === "" || role === user ? [name.toLowerCase()] : [],
    ),
  );
  const libraries = new Set(
    [...observers, ...(manifest?.content?.extensions ?? []).map(({ name }) => name)].flatMap((name) => [
      name,
      name.replace(/^pg_/, ""),
    ]),
  );
  const present = new Map(here.map((setting) => [setting.name.toLowerCase(), setting]));
  return (manifest?.cluster?.settings ?? []).flatMap((setting) => {
    const [prefix = "", ...rest] = setting.name.split(".");
    if (own.has(setting.name.toLowerCase()) || (rest.length > 0 && libraries.has(prefix))) return [];
    const found = present.get(setting.name.toLowerCase());
    if (found !== undefined && normal(found) === normal(setting)) return [];
    return [{ ...setting, now: found?.value ?? null }];
  });
}

/** Settings of the machine, not of the data. A dump is not loaded under those of another machine. */
const ofTheMachine = new Set(["dynamic_library_path", "extension_control_path", "max_stack_depth"]);

/** As settings of a database, under which the backup can be loaded. */
export const loadable = (settings: readonly UnlikeSetting[]) =>
  settings
    .filter(({ name }) => !ofTheMachine.has(name))
    .map(({ name, value }) => ({ role: "", name, value }));

/** An application may keep a secret in a setting of its own. */
const isOwn = ({ name }: ServerSetting): boolean => name.includes(".");

/** The difference, in words. */
export function unlikeText(setting: UnlikeSetting): string {
  const { name, value, now } = setting;
  if (isOwn(setting)) return `${name} was set and is ${now === null ? "not" : "something else here"}`;
  return `${name} was ${value} and is ${now ?? "unknown"}`;
}

/** `"TimeZone" = 'UTC'`, for people. */
export const assignment = (setting: ServerSetting): string =>
  `${setting.name.split(".").map(identifier).join(".")} = ${isOwn(setting) ? "'…'" : literal(setting.value).trim()}`;

/** The advice. */
export const settingAdvice = (setting: UnlikeSetting, database: string): string =>
  `ALTER SYSTEM SET ${assignment(setting)}; SELECT pg_reload_conf(); or for this database alone ALTER DATABASE ${identifier(database)} SET ${assignment(setting)}`;
