import type { DatabaseProperties } from "../../contract/database-properties.ts";
import { icuLocaleForm } from "./icu-locale.ts";
import { literal } from "./sql.ts";

/**
 * A query for one JSON document with the properties of a database, on every major version; no row if it is absent or
 * invalid.
 */
export const propertiesQuery = (name: string): string => `
select jsonb_build_object(
  'owner', pg_get_userbyid(d.datdba),
  'encoding', pg_encoding_to_char(d.encoding),
  'collate', d.datcollate,
  'ctype', d.datctype,
  'provider', coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'),
  'providerLocale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
  'icuRules', to_jsonb(d) ->> 'daticurules',
  'tablespace', (select spcname from pg_tablespace where oid = d.dattablespace),
  'connectionLimit', d.datconnlimit,
  'isTemplate', d.datistemplate,
  'comment', shobj_description(d.oid, 'pg_database'),
  'grants', case when d.datacl is null then null else (
    select coalesce(jsonb_agg(jsonb_build_object(
      'grantor', pg_get_userbyid(a.grantor),
      'grantee', case when a.grantee = 0 then '' else pg_get_userbyid(a.grantee) end,
      'privilege', a.privilege_type,
      'grantable', a.is_grantable) order by a.ordinality), '[]')
    from aclexplode(d.datacl) with ordinality as a(grantor, grantee, privilege_type, is_grantable, ordinality)
  ) end,
  'settings', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'role', case when s.setrole = 0 then '' else pg_get_userbyid(s.setrole) end,
      'name', split_part(c, '=', 1),
      'value', substr(c, strpos(c, '=') + 1)) order by s.setrole, c), '[]')
    from pg_db_role_setting s, unnest(s.setconfig) c where s.setdatabase = d.oid
  ))
from pg_database d where d.datname = ${literal(name)} and d.datconnlimit <> -2`;

/**
 * The differences between two databases' properties; empty if there are none. The order of grants and settings does not
 * count, because roles have other oids in another server. Nor does the form in which a version writes ICU's locales.
 */
export function differingProperties(wanted: DatabaseProperties, found: DatabaseProperties): string[] {
  return differences(wanted, found).map(({ name, is, instead }) =>
    name === "settings"
      ? `settings differ in ${differingSettings(wanted, found).join(", ")}`
      : `${name} is ${is} instead of ${instead}`,
  );
}

/** Only their names: an application may keep a secret in a setting. */
function differingSettings(wanted: DatabaseProperties, found: DatabaseProperties): string[] {
  const [these, those] = [wanted, found].map(({ settings }) => new Set(inOneOrder(settings)));
  return [...wanted.settings, ...found.settings]
    .filter((setting) => these?.has(JSON.stringify(setting)) !== those?.has(JSON.stringify(setting)))
    .map(({ role, name }) => (role === "" ? name : `${name} of ${role}`))
    .filter((name, index, all) => all.indexOf(name) === index);
}

/** Only the names of the properties in which two databases differ. */
export const differingPropertyNames = (one: DatabaseProperties, other: DatabaseProperties): string[] =>
  differences(one, other).map(({ name }) => name);

interface Difference {
  name: string;
  is: string | undefined;
  instead: string;
}

function differences(wanted: DatabaseProperties, found: DatabaseProperties): Difference[] {
  const normal = (properties: DatabaseProperties): Record<string, string> => ({
    ...Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, JSON.stringify(value)])),
    grants: JSON.stringify(inOneOrder(properties.grants)),
    settings: JSON.stringify(inOneOrder(properties.settings)),
  });
  if (sameIcuLocale(wanted, found))
    return differences({ ...wanted, providerLocale: found.providerLocale }, found);
  const foundNormal = normal(found);
  return Object.entries(normal(wanted))
    .filter(([key, value]) => foundNormal[key] !== value)
    .map(([name, instead]) => ({ name, is: foundNormal[name], instead }));
}

/** Whether both are the same ICU locale, written differently. */
const sameIcuLocale = (one: DatabaseProperties, other: DatabaseProperties): boolean =>
  one.providerLocale !== null &&
  other.providerLocale !== null &&
  one.providerLocale !== other.providerLocale &&
  one.provider === "i" &&
  other.provider === "i" &&
  icuLocaleForm(one.providerLocale) === icuLocaleForm(other.providerLocale);

const inOneOrder = (items: readonly object[] | null): string[] | null =>
  items?.map((item) => JSON.stringify(item)).sort() ?? null;
