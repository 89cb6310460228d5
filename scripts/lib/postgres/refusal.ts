import * as z from "zod/mini";
import { firstOptions, refusedOption } from "../../contract/client-environment.ts";
import { unknownServer } from "../../contract/session-settings.ts";
import type { DatabaseSettings } from "../../contract/settings.ts";
import type { ChildResult } from "../system/child.ts";
import { runInContainer } from "../system/docker.ts";
import { clientProgram } from "./client-program.ts";
import { decodeAs } from "./encodings.ts";
import type { Server } from "./server.ts";

/** Why PostgreSQL refuses sessions, with advice. */
export interface Refusal {
  text: string;
  advice: string;
}

const Catalogues = z.object({
  /** The encoding of the queried database. */
  encoding: z.string(),
  /**
   * Names are their stored bytes, as hexadecimal digits. A limit of -1 is none; -2 marks an invalid database after an
   * interrupted DROP.
   */
  databases: z.array(
    z.object({
      name: z.string(),
      encoding: z.string(),
      open: z.boolean(),
      limit: z.int(),
      sessions: z.int(),
    }),
  ),
  roles: z.array(
    z.object({
      name: z.string(),
      login: z.boolean(),
      superuser: z.boolean(),
      limit: z.int(),
      sessions: z.int(),
    }),
  ),
  sessions: z.int(),
  maximum: z.int(),
  /** The connections of the maximum that are reserved for superusers. */
  reserved: z.int(),
});
export type Catalogues = z.infer<typeof Catalogues>;

const question = `select json_build_object('encoding', getdatabaseencoding(), 'databases',
(select json_agg(json_build_object('name', encode(namesend(datname), 'hex'), 'encoding', pg_encoding_to_char(encoding),
'open', datallowconn, 'limit', datconnlimit,
'sessions', (select count(*) from pg_stat_activity where datid = pg_database.oid and pid <> pg_backend_pid()))) from pg_database), 'roles',
(select json_agg(json_build_object('name', encode(namesend(rolname), 'hex'), 'login', rolcanlogin, 'superuser', rolsuper,
'limit', rolconnlimit, 'sessions', (select count(*) from pg_stat_activity where usesysid = pg_roles.oid and pid <> pg_backend_pid()))) from pg_roles),
'sessions', (select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()),
'maximum', current_setting('max_connections')::int, 'reserved', current_setting('superuser_reserved_connections')::int
+ coalesce(current_setting('reserved_connections', true)::int, 0))`;

const patienceSeconds = 15;

/**
 * Why the database refuses the user. The server's message is in its own language, and psql omits the code. So the
 * catalogues are queried from another database, and as the image's own superuser if the user cannot connect anywhere.
 * @returns null if that cannot be found out.
 */
export async function whyRefused(server: Server): Promise<Refusal | null> {
  const { database } = server;
  const askers = [
    { script: 'exec psql -U "$0" "$@"', name: database.user, isOther: false },
    { script: `exec psql -U "\${POSTGRES_USER:-postgres}" "$@"`, name: "sh", isOther: true },
  ];
  const places = ["postgres", "template1"].filter((place) => place !== database.database);
  for (const { script, name, isOther } of askers) {
    for (const place of places) {
      const argv = ["-X", "-q", "-A", "-t", "-w", "-d", place, "-c", question];
      const first = await run(server, ["sh", "-c", `${firstOptions}; ${script}`, name, ...argv]);
      const isOption = first.code !== 0 && refusedOption.test(first.stderr);
      const { code, stdout } = isOption ? await run(server, ["sh", "-c", script, name, ...argv]) : first;
      if (code === 0) return refusalIn(z.parse(Catalogues, JSON.parse(stdout)), database, isOther);
    }
  }
  const { code } = await run(server, ["pg_isready", "-q"]);
  return readiness.get(code) ?? null;
}

const letIn = "permit the user on the local socket in pg_hba.conf, or set passwordFile";
const endSome = "end sessions that are not needed, or raise";
const configured = "in the configuration";

/** The meaning of pg_isready's exit codes for a server that refused all users. */
const readiness: ReadonlyMap<number | null, Refusal> = new Map([
  [
    0,
    {
      text: "PostgreSQL refuses every session",
      advice: `${endSome} max_connections; or ${letIn}`,
    },
  ],
  [1, { text: "PostgreSQL is starting, stopping or recovering", advice: "wait, then try again" }],
]);

function run({ applicationName, database, signal }: Server, argv: readonly string[]): Promise<ChildResult> {
  const changes = { search_path: "pg_catalog", statement_timeout: `${patienceSeconds}s` };
  // Names are not converted: another encoding may be the reason.
  const program = clientProgram(database, unknownServer, {
    argv,
    applicationName,
    changes,
    encoding: "SQL_ASCII",
  });
  return runInContainer(database.container, program, {
    ...(signal === undefined ? {} : { signal }),
    timeoutSeconds: patienceSeconds + 5,
  });
}

/**
 * The reason in the catalogues for refusing a session.
 * @param isLetInNowhere whether other databases refused the user too.
 */
export function refusalIn(
  catalogues: Catalogues,
  { database: name, user }: Pick<DatabaseSettings, "database" | "user">,
  isLetInNowhere: boolean,
): Refusal | null {
  const role = named(catalogues.roles, user, catalogues);
  if (role === null)
    return {
      text: `role "${user}" does not exist`,
      advice: `set its user ${configured}, then pulumi up`,
    };
  if (role.encoding !== null) return encoded("role", user, role.encoding, "ALTER ROLE");
  const { login, superuser } = role.found;
  if (!login)
    return {
      text: `role "${user}" is not permitted to log in`,
      advice: `ALTER ROLE "${user}" LOGIN, or set another user ${configured}`,
    };
  const database = named(catalogues.databases, name, catalogues);
  if (database === null)
    return {
      text: `database "${name}" does not exist`,
      advice: `set its name ${configured}, or restore it from a backup`,
    };
  if (database.encoding !== null) return encoded("database", name, database.encoding, "ALTER DATABASE");
  const { limit, open } = database.found;
  if (limit === -2)
    return {
      text: `database "${name}" is invalid: its DROP DATABASE was interrupted`,
      advice: "drop it, and restore it from a backup",
    };
  if (!open)
    return {
      text: `database "${name}" is not currently accepting connections`,
      advice: "ALTER DATABASE … ALLOW_CONNECTIONS true, from another database",
    };
  const { maximum, reserved, sessions } = catalogues;
  const isFull = (one: { limit: number; sessions: number }) => one.limit >= 0 && one.sessions >= one.limit;
  const full =
    sessions >= (superuser ? maximum : maximum - reserved)
      ? "max_connections"
      : !superuser && isFull(database.found)
        ? "the database's CONNECTION LIMIT"
        : !superuser && isFull(role.found)
          ? "the role's CONNECTION LIMIT"
          : null;
  if (full !== null) return { text: "too many connections", advice: `${endSome} ${full}` };
  if (!isLetInNowhere) return null;
  return {
    text: `user "${user}" cannot connect to any database`,
    advice: letIn,
  };
}

/**
 * The role or database with the name; with the encoding of its name if a session, which sends names in UTF-8, does not
 * find it.
 */
function named<One extends { name: string }>(
  all: readonly One[],
  name: string,
  { encoding: own, databases }: Catalogues,
): { found: One; encoding: string | null } | null {
  const wanted = Buffer.from(name).toString("hex");
  const exact = all.find((one) => one.name === wanted);
  if (exact !== undefined) return { found: exact, encoding: null };
  for (const encoding of new Set([own, ...databases.map((database) => database.encoding)])) {
    const found = all.find((one) => decodeAs(Buffer.from(one.name, "hex"), encoding) === name);
    if (found !== undefined) return { found, encoding };
  }
  return null;
}

const encoded = (what: string, name: string, encoding: string, command: string): Refusal => ({
  text: `${what} "${name}" exists, but its name is written in ${encoding}, and a session names it in UTF-8`,
  advice: `from a database in ${encoding}: ${command} "${name}" RENAME TO a name of ASCII letters; then set that name ${configured}`,
});
