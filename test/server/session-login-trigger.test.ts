import { afterAll, beforeAll, expect, test } from "vitest";
import { healthTest } from "../../infra/program/database-container.ts";
import { inspectionScript, parseInspection } from "../../infra/requirements/inspection.ts";
import { allWell, type SessionServer, startSessionServer } from "./session-server.ts";

/**
 * From PostgreSQL 17 on a login trigger can record every login. Our logins would add rows that no backup has: to the live
 * database, to created databases, and to those in which we query the catalogues.
 */
let server: SessionServer;

beforeAll(async () => {
  server = await startSessionServer({ postgres: 17 });
  const { sandbox } = server;
  for (const database of [sandbox.database, "postgres", "template1"]) await sandbox.psql(noting, database);
  await sandbox.psql("CREATE TABLE things AS SELECT generate_series(1, 100) AS n");
});

afterAll(() => server?.sandbox.remove());

const noting = `
  CREATE TABLE logins (who text, application text);
  CREATE FUNCTION note_login() RETURNS event_trigger SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
    IF NOT pg_is_in_recovery() AND NOT current_setting('default_transaction_read_only')::bool THEN
      INSERT INTO public.logins VALUES (session_user, current_setting('application_name'));
    END IF;
  END $$;
  CREATE EVENT TRIGGER note_login ON login EXECUTE FUNCTION note_login();
  ALTER EVENT TRIGGER note_login ENABLE ALWAYS;`;

/** The recorded logins, as seen by a session whose own login is not recorded. */
async function logins(): Promise<string> {
  const { container, database, databaseUser } = server.sandbox;
  const psql = (name: string) =>
    `docker exec -e PGOPTIONS='-c event_triggers=off' ${container} psql -X -q -A -t -U ${databaseUser} -d ${name}`;
  const all = [database, "postgres", "template1"].map(
    (name) =>
      `${psql(name)} -c "SELECT count(*), count(*) FILTER (WHERE application ~ '^database-backups/') FROM logins"`,
  );
  return (await server.sandbox.run(all.join("\n"))).stdout.trim().replaceAll("\n", " ");
}

test("no session of a superuser's fires it: not of a backup, a rehearsal, a restore or a status check", async () => {
  // The first line is the login of the test's own session, which created the table.
  expect(await logins()).toBe("1|0 0|0 0|0");
  expect(await server.roundTrip()).toEqual(allWell);
  expect(await server.restore("--yes --quiet --rollback")).toMatchObject({ code: 0 });
  await server.check();
  expect(await logins()).toBe("1|0 0|0 0|0");
});

test("Readiness' look does not fire it", async () => {
  const { container, database, databaseUser: user, dataDirectory } = server.sandbox;
  const before = await logins();
  const one = { name: "app", container, database, user, dataDirectory, backups: "/root/backups" };
  const { code, stdout } = await server.sandbox.run(
    inspectionScript({ commands: [], directories: [], databases: [one], runtime: "pinned", mails: false }),
  );
  expect({ code, database: parseInspection(stdout).databases[0]?.answer }).toMatchObject({
    code: 0,
    database: { ok: true },
  });
  expect(await logins()).toBe(before);
});

test("the health check of a managed container is no login into the application's database", async () => {
  const { container, database, databaseUser } = server.sandbox;
  // As the image's initdb leaves it: no password is needed inside the container.
  const trusting =
    'sed -i "s/scram-sha-256/trust/" "$PGDATA/pg_hba.conf" && psql -X -q -U "$0" -d postgres -c "SELECT pg_reload_conf()"';
  const quietly = `docker exec -e PGOPTIONS='-c event_triggers=off' ${container}`;
  expect(await server.sandbox.run(`${quietly} sh -c '${trusting}' ${databaseUser}`)).toMatchObject({
    code: 0,
  });
  const check = (name: string) =>
    server.sandbox.run(`docker exec ${container} ${healthTest(databaseUser, name).slice(1).join(" ")}`);
  const appLogins = async () => (await logins()).split(" ")[0];
  const before = await appLogins();
  expect(await check(database)).toMatchObject({ code: 0, stderr: "" });
  expect(await appLogins()).toBe(before);
  // It is still a login, in the database that belongs to no application.
  expect((await logins()).split(" ")[1]).toBe("1|0");
});

test("an ordinary role can still make backups, and may be allowed to disable the trigger", async () => {
  const { sandbox } = server;
  const role = "CREATE ROLE plain LOGIN; GRANT pg_read_all_data TO plain";
  await sandbox.psql(`${role}; GRANT CREATE ON DATABASE ${sandbox.database} TO plain`);
  await server.configure({ user: "plain" });
  const ours = async () => Number(/\|(\d+)/.exec(await logins())?.[1]);
  expect(await server.backUp()).toMatchObject({ code: 0 });
  const fired = await ours();
  expect(fired).toBeGreaterThan(0);
  await sandbox.psql("GRANT SET ON PARAMETER event_triggers TO plain");
  expect(await server.backUp()).toMatchObject({ code: 0 });
  expect(await ours()).toBe(fired);
  await server.configure({});
});
