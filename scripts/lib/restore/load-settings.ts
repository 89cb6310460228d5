import { isDeepStrictEqual } from "node:util";
import type { DatabaseProperties } from "../../contract/database-properties.ts";
import { messageOf } from "../base/errors.ts";
import { settingStatements } from "../postgres/create-database.ts";
import { silencing } from "../postgres/event-triggers.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { Server } from "../postgres/server.ts";
import { identifier } from "../postgres/sql.ts";
import { RestoreError } from "./errors.ts";
import type { RestoreRun } from "./run.ts";
import {
  assignment,
  loadable,
  type SettingsHere,
  type SettingsOfBackup,
  settingAdvice,
  type UnlikeSetting,
  unlikeSettings,
  unlikeText,
} from "./server-settings.ts";
import type { RestoreSource } from "./source.ts";
import { unlikeUserSettings, userSettingsOfLoad } from "./user-settings.ts";

type Setting = DatabaseProperties["settings"][number];

/** They would load the dump as somebody who may not. */
const identities: ReadonlySet<string> = new Set(["role", "session_authorization"]);

/**
 * The settings under which a dump has to be loaded: those that its database had for every session, or for those of
 * `user`, those that its server had for all databases and this one has not, and those that `user` had in all
 * databases. Checks, materialized views and money depend on them. Those that the new database is to have may be others.
 * @param here what this server sets, and `user` for itself.
 */
export function settingsOfLoad(
  manifest: SettingsOfBackup | null,
  wanted: Pick<DatabaseProperties, "settings">,
  user: string,
  here: SettingsHere,
): Setting[] {
  const { settings } = manifest?.properties ?? wanted;
  const server = loadable(unlikeSettings(manifest, here.settings, user));
  return [...server, ...settings, ...userSettingsOfLoad(manifest, user, here)].filter(
    ({ role, name }) => (role === "" || role === user) && !identities.has(name.toLowerCase()),
  );
}

/** The statements after which the database has none of the settings that it was loaded under. */
export const resetStatements = (name: string, user: string): string[] => [
  `ALTER DATABASE ${identifier(name)} RESET ALL;`,
  `ALTER ROLE ${identifier(user)} IN DATABASE ${identifier(name)} RESET ALL;`,
];

/**
 * Gives the empty database `name` the settings that the dump has to be loaded under. One that this server does not know
 * and that the database is not to have is left out, with a warning.
 * @param wanted what the database is to be in the end.
 * @param here what this server sets; what the backup's server had otherwise is reported.
 * @throws RestoreError `obstacle` for one that the database is to have; PsqlError, DockerError, InterruptedError
 */
export async function giveLoadSettings(
  run: RestoreRun,
  { manifest, path }: Pick<RestoreSource, "manifest" | "path">,
  wanted: DatabaseProperties,
  name: string,
  maintenance: Server,
  here: SettingsHere,
): Promise<void> {
  const { database, log } = run;
  const warn = (setting: UnlikeSetting, advice: string) =>
    log.event(
      "warning",
      database.name,
      `settings of this server differ from those ${path} was dumped with: ${unlikeText(setting)}; ${path} is loaded under its own; later results may differ; run: ${advice} [DBK-RESTORE-11]`,
    );
  for (const setting of unlikeSettings(manifest, here.settings, database.user))
    warn(setting, settingAdvice(setting, database.database));
  for (const setting of unlikeUserSettings(manifest, database.user, here))
    warn(setting, `ALTER ROLE ${identifier(database.user)} SET ${assignment(setting)}`);
  const settings = settingsOfLoad(manifest, wanted, database.user, here);
  const give = async (some: readonly Setting[]): Promise<PsqlError | null> => {
    try {
      if (some.length > 0) await maintenance.query(settingStatements(name, { settings: some }).join("\n"));
      return null;
    } catch (error) {
      if (error instanceof PsqlError && error.kind === "query") return error;
      throw error;
    }
  };
  if ((await give(settings)) === null) return;
  for (const setting of settings) {
    const refused = await give([setting]);
    if (refused === null) continue;
    const what = `this server refuses the setting ${setting.name} of the database in ${path}`;
    if (!wanted.settings.some((other) => isDeepStrictEqual(other, setting))) {
      log.event(
        "warning",
        database.name,
        `${what}: ${messageOf(refused)}; it is loaded without it [DBK-RESTORE-11]`,
      );
      continue;
    }
    throw new RestoreError(
      "obstacle",
      `${what}: ${messageOf(refused)}; create an empty ${database.database} with the settings you want, and restore over it [DBK-RESTORE-11]`,
      refused,
    );
  }
}

/**
 * Settings that name something which only the dump makes: a session that began before has PostgreSQL's own value.
 * @returns what reads them in a new session; null where there are none.
 */
export function lateSettings(settings: readonly Setting[]): string | null {
  const name = "default_text_search_config";
  const late = settings.some(
    (setting) => setting.name.toLowerCase() === name && !setting.value.startsWith("pg_catalog."),
  );
  return late ? `SHOW ${name}` : null;
}

/** In the order in which the dump made them, in which none reads one behind it. Event triggers do not see it. */
export const refill = `SET default_transaction_read_only = off; SET max_parallel_workers_per_gather = 0;
SELECT pg_catalog.set_config('search_path', '', false) \\g /dev/null
${silencing}SELECT 'BEGIN', nullif(:'silence', ''), format('REFRESH MATERIALIZED VIEW %s', oid::regclass), nullif(:'unsilence', ''), 'COMMIT'
  FROM pg_catalog.pg_class WHERE relkind = 'm' AND relispopulated ORDER BY oid \\gexec`;

/**
 * Runs `load`, which fills a database that has its settings, and then fills its materialized views again if a setting
 * could not hold during the load: a text search configuration of the database's own, which the dump makes.
 * @param inside how to ask in that database.
 * @returns what `load` returns.
 * @throws what `load` throws; PsqlError, DockerError, InterruptedError
 */
export async function loadUnderSettings<T>(
  { database }: RestoreRun,
  { manifest }: Pick<RestoreSource, "manifest">,
  wanted: DatabaseProperties,
  here: SettingsHere,
  inside: Server,
  load: () => Promise<T>,
): Promise<T> {
  const reading = lateSettings(settingsOfLoad(manifest, wanted, database.user, here));
  if (reading === null) return load();
  const before = await inside.query(reading);
  const loaded = await load();
  if ((await inside.query(reading)) !== before) await inside.query(refill);
  return loaded;
}
