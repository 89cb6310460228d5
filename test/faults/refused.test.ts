import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import { chosen } from "./extent.ts";
import { type FaultProgram, type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { type Fault, survive } from "./survival.ts";

/** Obstacles for the programs, and their messages. */

let server: FaultServer;

const readOnly = "/root/read_only_backups";

beforeAll(async () => {
  server = await startFaultServer({ readOnly, states: ["", "delete from lessons where id % 7 = 0"] });
});
afterAll(() => server?.remove());

const run = async (program: FaultProgram): Promise<CommandResult> => {
  if (program !== "restore_database") return server.run(program);
  return server.run(program, `--yes --database ${server.name} ${server.archives[0]}`);
};

type Changes = Partial<FaultServer["settings"]["databases"][number]>;

/** Runs the program with other settings of the database. */
const wrongly = (program: FaultProgram, changes: Changes) => async () => {
  const databases = server.settings.databases.map((database) => ({ ...database, ...changes }));
  await server.configure({ ...server.settings, databases });
  return run(program);
};
const rightAgain = () => server.configure(server.settings);

/** PostgreSQL asks for a password. The programs send the one in `pgpass`. */
const withPassword = (program: FaultProgram, pgpass: string | null) => async () => {
  await inContainer(
    `${pgpass === null ? "rm -f /root/.pgpass" : `umask 077; echo '*:*:*:*:${pgpass}' >/root/.pgpass`}
    sed -i 's/^\\(local .*\\)trust$/\\1scram-sha-256/' "$PGDATA/pg_hba.conf"; kill -HUP 1
    for look in $(seq 600); do ${connect()} || exit 0; sleep 0.1; done; exit 1`,
  );
  return run(program);
};
const connect = () => `psql -w -U ${server.sandbox.databaseUser} -d template1 -c 'select 1' >/dev/null 2>&1`;
const trustAgain = () =>
  inContainer(
    `rm -f /root/.pgpass; sed -i 's/^\\(local .*\\)scram-sha-256$/\\1trust/' "$PGDATA/pg_hba.conf"; kill -HUP 1
    for look in $(seq 600); do ${connect()} && exit 0; sleep 0.1; done; exit 1`,
  );
const inContainer = async (script: string): Promise<void> => {
  await succeed(server.sandbox, `docker exec -i ${server.sandbox.container} sh <<'END'\n${script}\nEND`);
};

/** Another session locks a table while the program runs. */
const whileLocked = (program: FaultProgram) => async () => {
  const { sandbox, settings } = server;
  await server.configure({ ...settings, timeouts: { ...settings.timeouts, lockWait: 1 } });
  const psql = `docker exec -i ${sandbox.container} psql -X -q -U ${sandbox.databaseUser} -d ${sandbox.database}`;
  await succeed(
    sandbox,
    `echo "set application_name = 'locker'; begin; lock table lessons; select pg_sleep(600)" | ${psql} >/dev/null 2>&1 &`,
  );
  const granted = `select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'lessons'::regclass`;
  await expect.poll(() => sandbox.psql(granted), { timeout: 60_000 }).not.toBe("0");
  const result = await run(program);
  await sandbox.psql(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'locker'",
  );
  return result;
};

/** The dump of another server with a grant to a role that is missing here and in every roles file. */
const missingRole = async () => {
  const { sandbox, archives, name } = server;
  await succeed(
    sandbox,
    `gunzip -c ${archives[0]} | sed 's/ TO reporting;/ TO "gone since";/' | gzip >/opt/test/dump.sql.gz`,
  );
  return server.run("restore_database", `--yes --database ${name} /opt/test/dump.sql.gz`);
};

/** The same backups in a read-only directory. */
const onReadOnly = (program: FaultProgram) => async () => {
  const { archives, directory, name, sandbox, settings } = server;
  await succeed(sandbox, `cp -a ${directory}/. ${dirname(sandbox.dataDirectory)}/read-only/`);
  await server.configure({ ...settings, paths: { ...settings.paths, backups: readOnly } });
  const there = archives[0]?.replace(directory, readOnly);
  return server.run(program, program === "restore_database" ? `--yes --database ${name} ${there}` : "");
};

const both = ["backup_database", "restore_database"] as const;
const what = {
  backup_database: "a backup",
  rehearse_restore: "a rehearsal",
  restore_database: "a restore",
} as const;

const faults: Fault[] = [
  ...both.flatMap((program): Fault[] => [
    {
      fault: `a user that is not there, at ${what[program]}`,
      happen: wrongly(program, { user: "nobody_here" }),
      code: 69,
      says: /nobody_here/,
      mend: rightAgain,
    },
    {
      fault: `a container that is not there, at ${what[program]}`,
      happen: wrongly(program, { container: "no-such-container" }),
      code: 69,
      says: /there is no container no-such-container/,
      mend: rightAgain,
    },
    {
      fault: `a wrong password, at ${what[program]}`,
      happen: withPassword(program, "wrong"),
      code: 69,
      says: /password authentication failed/,
      mend: trustAgain,
    },
    {
      fault: `a password that nobody has given, at ${what[program]}`,
      happen: withPassword(program, null),
      code: 69,
      says: /no password supplied/,
      mend: trustAgain,
    },
    {
      fault: `a table locked beyond timeouts.lockWait, at ${what[program]}`,
      happen: whileLocked(program),
      code: 1,
      says: /timeouts\.lockWait/,
      mend: rightAgain,
    },
  ]),
  // A restore creates it: see test/server/restore-disaster.test.ts.
  {
    fault: "a database that is not there, at a backup",
    happen: wrongly("backup_database", { database: "not there = 'x'" }),
    code: 69,
    says: /not there = 'x'/,
    mend: rightAgain,
  },
  {
    fault: "a role that the backup names and the server lacks, at a restore",
    happen: missingRole,
    code: 1,
    says: /role \\?"gone since\\?" does not exist/,
  },
  ...([...both, "rehearse_restore"] as const).map(
    (program): Fault => ({
      fault: `a backups directory that cannot be written, at ${what[program]}`,
      happen: onReadOnly(program),
      code: 1,
      says: /read-only file system/i,
      mend: rightAgain,
    }),
  ),
];

describe("what keeps the programs from their work", () => {
  test.each(chosen("refusals", faults, 3))("$fault", (fault) => survive(server, fault));
});
