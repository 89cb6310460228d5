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

/** These would load the dump as a role without the rights for it. */
const identities: ReadonlySet<string> = new Set(["role", "session_authorization"]);

/**
 * The settings under which a dump has to be loaded: those of its database, for every session or for `user`; those of
 * its server that this server lacks; those of `user` in all databases. Checks, materialized views and money depend on
 * them. The final settings of the new database may be others.
 * @param here the settings of this server and of `user`.
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

/** Statements that remove the settings of the load from the database. */
export const resetStatements = (name: string, user: string): string[] => [
  `ALTER DATABASE ${identifier(name)} RESET ALL;`,
  `ALTER ROLE ${identifier(user)} IN DATABASE ${identifier(name)} RESET ALL;`,
];

/**
 * Gives the empty database `name` the settings of the load. A setting that this server does not know is left out, with
 * a warning, unless the database needs it in the end.
 * @param wanted the final properties of the database.
 * @param here the settings of this server; differences from the backup's server are logged.
 * @throws RestoreError `obstacle` for a setting that the database needs in the end; PsqlError, DockerError,
 * InterruptedError
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
 * Settings whose value names an object that only the dump makes. A session that began before has PostgreSQL's default.
 * @returns a query that reads them in a new session; null if there are none.
 */
export function lateSettings(settings: readonly Setting[]): string | null {
  const name = "default_text_search_config";
  const late = settings.some(
    (setting) => setting.name.toLowerCase() === name && !setting.value.startsWith("pg_catalog."),
  );
  return late ? `SHOW ${name}` : null;
}

/** Refreshes the views in the order of the dump, in which no view reads a later one. No event trigger fires. */
export const refill = `SET default_transaction_read_only = off; SET max_parallel_workers_per_gather = 0;
SELECT pg_catalog.set_config('search_path', '', false) \\g /dev/null
${silencing}SELECT 'BEGIN', nullif(:'silence', ''), format('REFRESH MATERIALIZED VIEW %s', oid::regclass), nullif(:'unsilence', ''), 'COMMIT'
  FROM pg_catalog.pg_class WHERE relkind = 'm' AND relispopulated ORDER BY oid \\gexec`;

/**
 * Runs `load` into a database that has the settings of the load. Refreshes its materialized views afterwards if one
 * setting had no effect during the load: a text search configuration that the dump itself makes.
 * @param inside queries that database.
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
