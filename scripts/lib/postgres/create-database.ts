import type { DatabaseProperties } from "../../contract/database-properties.ts";
import { identifier, literal } from "./sql.ts";

const providerOptions: Record<string, (locale: string) => string[]> = {
  c: () => ["LOCALE_PROVIDER libc"],
  i: (locale) => ["LOCALE_PROVIDER icu", `ICU_LOCALE ${literal(locale)}`],
  b: (locale) => ["LOCALE_PROVIDER builtin", `BUILTIN_LOCALE ${literal(locale)}`],
};
/** The first version with locale providers. */
const providersSince = 150_000;

/** Settings whose value is a list of identifiers: as one quoted literal it would become one identifier. */
const listSettings = new Set([
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
]);

/**
 * The statement that makes an empty database `name` with the same encoding, collation, provider and tablespace,
 * whatever the server's defaults.
 * @param versionNumber of the server, as server_version_num.
 */
export function createStatement(name: string, properties: DatabaseProperties, versionNumber: number): string {
  const provider = versionNumber < providersSince ? undefined : providerOptions[properties.provider];
  const options = [
    "TEMPLATE template0",
    `ENCODING ${literal(properties.encoding)}`,
    `LC_COLLATE ${literal(properties.collate)}`,
    `LC_CTYPE ${literal(properties.ctype)}`,
    ...(provider?.(properties.providerLocale ?? "") ?? []),
    ...(properties.icuRules === null ? [] : [`ICU_RULES ${literal(properties.icuRules)}`]),
    `TABLESPACE ${identifier(properties.tablespace)}`,
  ];
  return `CREATE DATABASE ${identifier(name)} ${options.join(" ")};`;
}

/**
 * The statements that give `name` the owner, grants, settings, connection limit and comment of `properties`. Existing
 * settings stay, unless `properties` has another value.
 */
export function propertyStatements(name: string, properties: DatabaseProperties): string[] {
  const database = identifier(name);
  const statements = [
    `ALTER DATABASE ${database} OWNER TO ${identifier(properties.owner)};`,
    `ALTER DATABASE ${database} CONNECTION LIMIT ${properties.connectionLimit};`,
    `ALTER DATABASE ${database} IS_TEMPLATE ${properties.isTemplate};`,
  ];
  if (properties.comment !== null) {
    statements.push(`COMMENT ON DATABASE ${database} IS ${literal(properties.comment)};`);
  }
  return [...statements, ...grantStatements(database, properties), ...settingStatements(name, properties)];
}

function grantStatements(database: string, { grants, owner }: DatabaseProperties): string[] {
  if (grants === null) return [];
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${identifier(owner)};`,
    ...grants.flatMap(({ grantor, grantee, privilege, grantable }) => [
      `SET SESSION AUTHORIZATION ${identifier(grantor)};`,
      `GRANT ${privilege} ON DATABASE ${database} TO ${grantee === "" ? "PUBLIC" : identifier(grantee)}${grantable ? " WITH GRANT OPTION" : ""};`,
      "RESET SESSION AUTHORIZATION;",
    ]),
  ];
}

/** The statements that give the database `name` settings, for every session or for those of a role. */
export function settingStatements(
  name: string,
  { settings }: { settings: readonly DatabaseProperties["settings"][number][] },
): string[] {
  const database = identifier(name);
  return settings.flatMap(({ role, name: parameter, value }) => {
    const target =
      role === "" ? `ALTER DATABASE ${database}` : `ALTER ROLE ${identifier(role)} IN DATABASE ${database}`;
    const setting = parameter.split(".").map(identifier).join(".");
    if (!listSettings.has(parameter.toLowerCase())) return [`${target} SET ${setting} TO ${literal(value)};`];
    return [
      `SELECT set_config(${literal(parameter)}, ${literal(value)}, false);`,
      `${target} SET ${setting} FROM CURRENT;`,
      // Reset the session's own search_path, or operators of other users could be used in later statements.
      parameter.toLowerCase() === "search_path" ? `SET ${setting} = '';` : `RESET ${setting};`,
    ];
  });
}
