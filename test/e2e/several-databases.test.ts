import { afterAll, beforeAll, expect, test } from "vitest";
import { printed } from "./deployment.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { entryOf, environment } from "./servers.ts";

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet([{ database: "none" }, { database: "none" }]);
});

afterAll(() => fleet?.remove());

test("two databases, not there yet: a note, no problem; a server's own values win over the environment's", async () => {
  const { first, second, stack } = fleet;
  const { container, dataDirectory } = first;
  stack.configure({
    ...environment,
    databases: {
      curriculum_library_api: {},
      reports: { user: first.databaseUser, database: "reports of the year" },
    },
    backups: { schedule: "30 1 * * *", retention: { days: 14 } },
    servers: {
      [first.alias]: entryOf(first, {
        databases: {
          curriculum_library_api: { container, dataDirectory },
          reports: { container, dataDirectory },
        },
        backups: { retention: { keepAtLeast: 5 } },
      }),
      [second.alias]: entryOf(second, { backups: { schedule: "45 3 * * *" } }),
    },
  });
  const { code, text } = await fleet.up();
  expect(code, text).toBe(0);
  for (const name of ["curriculum_library_api", "reports"]) {
    expect(text).toContain(
      `the container ${container} does not exist yet: ${name} is not backed up until it does.`,
    );
  }
  expect(printed(await first.run("cat /etc/cron.d/database-backups"))).toMatch(/^30 1 \* \* \* root /m);
  expect(printed(await second.run("cat /etc/cron.d/database-backups"))).toMatch(/^45 3 \* \* \* root /m);
  const settings = async (server: typeof first) =>
    JSON.parse(await server.readFile("/opt/database-backups/config.json"));
  expect(await settings(first)).toMatchObject({
    databases: [
      { name: "curriculum_library_api" },
      { name: "reports", database: "reports of the year", container },
    ],
    retention: { days: 14, keepAtLeast: 5 },
  });
  expect(await settings(second)).toMatchObject({
    databases: [{ name: "curriculum_library_api", container: second.container }],
    retention: { days: 14, keepAtLeast: 3 },
  });
});

test("once the container is there both are backed up, and nothing is left to deploy", async () => {
  const { first } = fleet;
  await first.startDatabase();
  await first.psql('create database "reports of the year"');
  await first.psql(
    "create table figures as select generate_series(1, 1000) as figure",
    "reports of the year",
  );

  const { code, text } = await fleet.preview();
  expect(code, text).toBe(0);
  printed(await first.run("/root/backup_database.sh"));
  const archives = printed(await first.run("cd /root/database_backups && ls *.sql.gz"));
  expect(archives).toMatch(/^curriculum_library_api_\d{8}_\d{6}\.sql\.gz\nreports_\d{8}_\d{6}\.sql\.gz\n$/);
  expect(printed(await first.run("gunzip -c /root/database_backups/reports_*.sql.gz"))).toContain(
    "CREATE TABLE public.figures",
  );

  const after = await fleet.preview();
  expect(after.code, after.text).toBe(0);
});

test("one of them renamed away: a problem that names it, while the other is still backed up", async () => {
  const { first } = fleet;
  await first.psql('alter database "reports of the year" rename to elsewhere');
  const { code, text } = await fleet.up();
  expect(code, text).toBe(1);
  expect(text).toContain(`does not answer as ${first.databaseUser} to the database reports of the year`);
  const backup = await first.run(
    "/root/backup_database.sh --quiet; echo $?; ls /root/database_backups/*.sql.gz",
  );
  expect(backup.stdout.match(/curriculum_library_api_/g)).toHaveLength(2);
  expect(backup.stdout.match(/reports_/g)).toHaveLength(1);
  expect(backup.stdout).not.toMatch(/^0\n/);
});
