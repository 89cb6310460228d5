/** The major versions of PostgreSQL that a sandbox server can run. */
export const postgresVersions = [13, 14, 15, 16, 17, 18] as const;
export type PostgresVersion = (typeof postgresVersions)[number];

/** Names the version of servers that do not ask for one, such as 17. */
export const versionVariable = "SANDBOX_POSTGRES";
const usual: PostgresVersion = 15;

/** @throws Error when the text is none of {@link postgresVersions}; `what` is what gave it. */
export function postgresVersion(text: string, what: string): PostgresVersion {
  const found = postgresVersions.find((version) => String(version) === text);
  if (found === undefined) throw new Error(`${what} is one of ${postgresVersions.join(", ")}, not “${text}”`);
  return found;
}

/** What a server runs that does not ask for a version. */
export function usualVersion(): PostgresVersion {
  const chosen = process.env[versionVariable];
  return chosen ? postgresVersion(chosen, versionVariable) : usual;
}

/** Where the official image has its data, and what is mounted from the host for it. From 18 on they differ. */
export function placesOf(version: PostgresVersion): { data: string; mount: string; below: string } {
  if (version < 18) return { data: "/var/lib/postgresql/data", mount: "/var/lib/postgresql/data", below: "" };
  const below = `${version}/docker`;
  return { data: `/var/lib/postgresql/${below}`, mount: "/var/lib/postgresql", below };
}
