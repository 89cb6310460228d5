import { readFileSync } from "node:fs";
import { type QueryOptions, query } from "../psql.ts";
import type { DatabaseSettings } from "../settings.ts";
import { identifier } from "../sql.ts";
import { asLatin1, visitStatements } from "./dump-text.ts";
import type { LiveServer } from "./live-server.ts";
import type { RestoreSource } from "./source.ts";

export interface MissingRole {
  /** As it stands in SQL, quoted where it has to be. */
  written: string;
  /** What makes it as it was; may hold its password's hash, so it is never shown. */
  statements: string[];
}

const creation = /^CREATE ROLE (?<written>"(?:[^"]|"")+"|[^\s";]+);$/;

/** The roles in a dump of roles that the server lacks, with the statements that make them. */
export function missingRoles(rolesSql: string, present: readonly string[]): MissingRole[] {
  const lines = rolesSql.split("\n");
  const known = new Set(present.flatMap((name) => [name, identifier(name)]));
  return lines.flatMap((line) => {
    const written = creation.exec(line)?.groups?.written;
    if (written === undefined || known.has(written)) return [];
    const about = lines.filter((other) => other.startsWith(`ALTER ROLE ${written} `));
    const memberships = lines.filter(
      (other) => other.startsWith("GRANT ") && other.includes(` TO ${written} `.trimEnd()),
    );
    const granted = memberships.flatMap((other) => membershipOf(other, written));
    return [{ written, statements: [line, ...about, ...granted] }];
  });
}

/** A membership with its options (from 16 on also INHERIT and SET) and without its grantor, who may not exist here. */
function membershipOf(line: string, written: string): string[] {
  const prefix = "GRANT ";
  const at = line.indexOf(` TO ${written}`);
  const rest = line.slice(at + ` TO ${written}`.length);
  const options = /^(?<options>(?: WITH [A-Z, ]+?)?)(?: GRANTED BY .*)?;$/.exec(rest)?.groups?.options;
  if (at < 0 || options === undefined) return [];
  return [`GRANT ${line.slice(prefix.length, at)} TO ${written}${options};`];
}

/** Those of the roles that the dump names: as owner, in a grant, a default privilege or a policy. */
async function namedInDump(
  archive: string,
  roles: readonly MissingRole[],
  signal: AbortSignal,
): Promise<MissingRole[]> {
  const patterns = roles.map((role) => {
    const name = asLatin1(role.written).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return { role, pattern: new RegExp(`(?:TO|FROM|ROLE|AUTHORIZATION) (?:[^']*[ ,])?${name}(?:[;, ]|$)`) };
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
  return [...named];
}

/** The roles that the dump needs, the server lacks and the backup's roles file describes. */
export async function neededRoles(
  source: RestoreSource,
  server: LiveServer,
  signal: AbortSignal,
): Promise<MissingRole[]> {
  if (source.rolesPath === null) return [];
  const missing = missingRoles(readFileSync(source.rolesPath, "utf8"), server.roles);
  return missing.length === 0 ? [] : namedInDump(source.path, missing, signal);
}

/**
 * Makes the roles that the dump needs, the server lacks and the backup's roles file describes.
 * @returns them as written in SQL, for the report and for taking them away again.
 */
export async function createMissingRoles(
  database: DatabaseSettings,
  source: RestoreSource,
  server: LiveServer,
  options: QueryOptions & { signal: AbortSignal },
): Promise<string[]> {
  const needed = await neededRoles(source, server, options.signal);
  if (needed.length === 0) return [];
  // Neither the server's log nor an error message may show a password's hash.
  const quiet =
    "SET log_statement = none; SET log_min_error_statement = panic; SET log_min_duration_statement = -1;";
  const statements = needed
    .flatMap(({ statements: own }) => own)
    .sort((a, b) => Number(a.startsWith("GRANT")) - Number(b.startsWith("GRANT")));
  await query(
    database,
    `\\set VERBOSITY terse\n${quiet}\nBEGIN;\n${statements.join("\n")}\nCOMMIT;`,
    options,
  );
  return needed.map(({ written }) => written);
}

/** Takes roles away that a failed restore made. */
export async function dropRoles(
  database: DatabaseSettings,
  roles: readonly string[],
  options: QueryOptions,
): Promise<void> {
  if (roles.length > 0) await query(database, `DROP ROLE ${roles.join(", ")}`, options);
}
