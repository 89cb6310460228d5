import { readFileSync } from "node:fs";
import type { DatabaseProperties } from "../../contract/database-properties.ts";
import { visitStatements } from "../archive/statements.ts";
import { decodeOwn } from "../postgres/encodings.ts";
import type { Server } from "../postgres/server.ts";
import { identifier } from "../postgres/sql.ts";
import { RestoreError } from "./errors.ts";
import type { LiveServer } from "./live-server.ts";
import type { RestoreSource } from "./source.ts";

export interface MissingRole {
  /** As written in SQL, quoted if necessary. */
  written: string;
  /** The statements that make it. They may hold its password's hash, so they are never shown. */
  statements: string[];
  /** Missing roles of which it is a member, as written. */
  memberOf: string[];
}

const name = String.raw`"(?:[^"]|"")+"|[^\s";]+`;
const creation = new RegExp(`^CREATE ROLE (?<written>${name});$`);

/** The roles of the dump that the server lacks, with the statements that make them. */
export function missingRoles(rolesSql: string, present: readonly string[]): MissingRole[] {
  const lines = rolesSql.split("\n");
  const known = new Set(present.flatMap((role) => [role, identifier(role)]));
  const missing = lines.flatMap((line) => creation.exec(line)?.groups?.written ?? []);
  const missed = new Set(missing.filter((written) => !known.has(written)));
  return [...missed].map((written) => {
    const about = lines.filter((other) => other.startsWith(`ALTER ROLE ${written} `));
    const grants = lines
      .flatMap((line) => grantTo(written, line) ?? [])
      // A dump of roles may name a role that was dropped meanwhile.
      .filter(({ role }) => role === null || known.has(role) || missed.has(role));
    return {
      written,
      statements: [`CREATE ROLE ${written};`, ...about, ...grants.map(({ statement }) => statement)],
      memberOf: grants.flatMap(({ role }) => (role !== null && missed.has(role) ? [role] : [])),
    };
  });
}

interface Grant {
  statement: string;
  /** The role that is granted; null if it grants something else. */
  role: string | null;
}

const roleAlone = new RegExp(`^(?:${name})$`);

/** With its options (since 16 also INHERIT and SET), without its grantor, because that role may not exist here. */
function grantTo(written: string, line: string): Grant | null {
  const prefix = "GRANT ";
  const to = ` TO ${written}`;
  const at = line.indexOf(to);
  if (!line.startsWith(prefix) || at < 0) return null;
  const options = /^(?<options>(?: WITH [A-Z, ]+?)?)(?: GRANTED BY .*)?;$/.exec(line.slice(at + to.length))
    ?.groups?.options;
  if (options === undefined) return null;
  const granted = line.slice(prefix.length, at);
  return { statement: `GRANT ${granted}${to}${options};`, role: roleAlone.test(granted) ? granted : null };
}

/** The chosen roles and all roles of which they are members, directly or not. */
function withTheirGroups(chosen: ReadonlySet<MissingRole>, missing: readonly MissingRole[]): MissingRole[] {
  // Iterating over a set also reaches elements that are added meanwhile.
  const all = new Set(chosen);
  for (const { memberOf } of all)
    for (const role of missing) if (memberOf.includes(role.written)) all.add(role);
  return [...all];
}

/** The roles that the dump names: as owner, in a grant, a default privilege or a policy. */
async function namedInDump(
  archive: string,
  roles: readonly MissingRole[],
  signal: AbortSignal,
): Promise<Set<MissingRole>> {
  const patterns = roles.map((role) => {
    const own = role.written.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return {
      role,
      pattern: new RegExp(`(?:TO|FROM|ROLE|AUTHORIZATION|USER MAPPING FOR) (?:[^']*[ ,])?${own}(?:[;, ]|$)`),
    };
  });
  const named = new Set<MissingRole>();
  await visitStatements(
    archive,
    (line) => {
      for (const { role, pattern } of patterns) if (pattern.test(line)) named.add(role);
      return named.size < roles.length;
    },
    signal,
  );
  return named;
}

/** The roles that a database's owner, grants and settings name and that are not `present`. */
function lackingFor(properties: DatabaseProperties | null, present: readonly string[]): string[] {
  if (properties === null) return [];
  const { grants, owner, settings } = properties;
  const named = [
    owner,
    ...(grants ?? []).flatMap(({ grantor, grantee }) => [grantor, grantee]),
    ...settings.map(({ role }) => role),
  ];
  // Empty stands for everybody.
  return [...new Set(named)].filter((name) => name !== "" && !present.includes(name));
}

/**
 * The roles that the dump or the database's properties need, the server lacks and the backup's roles file describes.
 * @param properties null when they are not known.
 * @throws RestoreError `obstacle` if no roles file describes a role that the properties name.
 */
export async function neededRoles(
  source: Pick<RestoreSource, "path" | "rolesPath">,
  server: Pick<LiveServer, "roles">,
  properties: DatabaseProperties | null,
  signal: AbortSignal,
): Promise<MissingRole[]> {
  const lacking = lackingFor(properties, server.roles);
  const { path, rolesPath } = source;
  const missing = rolesPath === null ? [] : missingRoles(decodeOwn(readFileSync(rolesPath)), server.roles);
  const describes = (name: string) => (role: MissingRole) =>
    role.written === name || role.written === identifier(name);
  const unknown = lacking.filter((name) => !missing.some(describes(name)));
  if (unknown.length > 0) {
    throw new RestoreError(
      "obstacle",
      `the server lacks the roles ${unknown.join(", ")}, and no roles file beside ${path} has them; create them (CREATE ROLE), or put the file there [DBK-RESTORE-9]`,
    );
  }
  if (missing.length === 0) return [];
  const needed = await namedInDump(path, missing, signal);
  for (const name of lacking) for (const role of missing.filter(describes(name))) needed.add(role);
  return withTheirGroups(needed, missing);
}

/**
 * Settings that keep statements out of the server's log and of views that others may read. Each version has more of
 * them, and so have libraries that store statement texts, such as pg_stat_statements.
 */
const unseen = `SELECT pg_catalog.set_config(name, CASE WHEN name IN ('log_min_duration_statement', 'log_min_duration_sample')
    THEN '-1' WHEN name = 'log_transaction_sample_rate' THEN '0' WHEN name = 'log_statement' THEN 'none'
    WHEN name = 'log_min_error_statement' THEN 'panic' ELSE 'off' END, false)
  FROM pg_catalog.pg_settings WHERE name IN ('log_statement', 'log_min_error_statement', 'log_min_duration_statement',
    'log_min_duration_sample', 'log_transaction_sample_rate', 'track_activities')
  OR name ~ '^debug_print_(parse|raw_parse|rewritten|plan)$' OR name ~ '[.].*track_utility$' \\g /dev/null`;

/**
 * Makes the roles of `neededRoles`.
 * @returns the roles as written in SQL, for the report and for dropping them again.
 */
export async function createMissingRoles(
  maintenance: Server,
  source: RestoreSource,
  server: LiveServer,
  properties: DatabaseProperties,
  signal: AbortSignal,
): Promise<string[]> {
  const needed = await neededRoles(source, server, properties, signal);
  if (needed.length === 0) return [];
  const statements = needed
    .flatMap(({ statements: own }) => own)
    .sort((a, b) => Number(a.startsWith("GRANT")) - Number(b.startsWith("GRANT")));
  await maintenance.query(`\\set VERBOSITY terse\n${unseen}\nBEGIN;\n${statements.join("\n")}\nCOMMIT;`);
  return needed.map(({ written }) => written);
}

/** Drops roles that a failed restore made. */
export async function dropRoles(server: Server, roles: readonly string[]): Promise<void> {
  if (roles.length > 0) await server.query(`DROP ROLE ${roles.join(", ")}`);
}
