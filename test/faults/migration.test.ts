import { afterAll, beforeAll, expect, test } from "vitest";
import { chosen, randomFor, times } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { lookBefore, nothingIsLeft } from "./invariants.ts";
import { bulk, interrupt, lasting, middles } from "./middle.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** A migration that locks a table while a backup reads it. Both must succeed without waiting for ever. */

let server: FaultServer;

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", states: [bulk], settings: lasting });
});
afterAll(() => server?.remove());

const migration = "alter table bulk add column migrated integer";

/** Starts the migration and waits until it waits for a lock, or has ended. */
async function migrate(): Promise<{ done: Promise<string>; waited: boolean }> {
  const { sandbox } = server;
  let over = false;
  const done = sandbox.psql(`set application_name = 'migration'; ${migration}`).finally(() => {
    over = true;
  });
  const waits =
    "select count(*) from pg_stat_activity where application_name = 'migration' and wait_event_type = 'Lock'";
  let waited = false;
  const isSettled = async () => {
    waited ||= (await sandbox.psql(waits, "template1")) !== "0";
    return waited || over;
  };
  await expect.poll(isSettled, { timeout: 60_000 }).toBe(true);
  return { done, waited };
}

/**
 * A wrapper of docker, first on PATH. It starts the migration between the backup's locks and pg_dump's: when pg_dump is
 * ready and gets the snapshot.
 */
const dockerInBetween = () => {
  const { container, databaseUser, database } = server.sandbox;
  const psql = `/usr/bin/docker exec ${container} psql -X -q -A -t -U ${databaseUser} -d`;
  return `#!/bin/sh
case "$*" in
  *" pg_dump "*)
    if mkdir /opt/test/migrated 2>/dev/null; then
      {
        read -r order
        ${psql} ${database} -c "set application_name = 'migration'" -c "${migration}" >/dev/null 2>&1 </dev/null &
        for look in $(seq 600); do
          ${psql} template1 -c "select 1 from pg_stat_activity where application_name = 'migration' and wait_event_type = 'Lock'" </dev/null | grep -q 1 && break
          sleep 0.1
        done
        echo "$order"
      } | /usr/bin/docker "$@"
      exit
    fi ;;
esac
exec /usr/bin/docker "$@"
`;
};

const cases = [
  {
    fault: "a migration that waits behind a dump",
    happen: async () => {
      const dump = middles.find(({ what }) => what === "a dump");
      if (dump === undefined) throw new Error("there is such a middle");
      const migrations: Promise<string>[] = [];
      let waited = false;
      const act = async () => {
        const begun = await migrate();
        migrations.push(begun.done);
        waited = begun.waited;
      };
      const random = randomFor("a migration");
      const result = await interrupt(server, dump, { act, undo: null, random });
      expect(migrations).toHaveLength(1);
      await Promise.all(migrations);
      expect(waited, "the migration had to wait for the dump").toBe(true);
      return result;
    },
  },
  {
    fault: "a migration between a backup's first lock and its dump's",
    happen: async () => {
      const { sandbox } = server;
      await sandbox.run("rm -rf /opt/test/migrated");
      await sandbox.writeFile("/opt/test/between/docker", dockerInBetween(), "0755");
      const result = await server.run("backup_database", "", "PATH=/opt/test/between:/usr/bin:/bin");
      // The wrapper of docker was called, and the migration waited.
      await succeed(sandbox, "test -d /opt/test/migrated");
      return result;
    },
  },
];

const isMigrated = async () =>
  (await server.sandbox.psql(
    "select count(*) from information_schema.columns where table_name = 'bulk' and column_name = 'migrated'",
  )) === "1";

test.each(chosen("migrations", cases, 1))("$fault", async ({ fault, happen }) => {
  for (let occasion = 0; occasion < times(5, 1); occasion += 1) {
    const before = await lookBefore(server);
    const result = await happen();
    expect(result.stderr).toBe("");
    expect(result.code, result.stdout).toBe(0);
    await expect.poll(isMigrated, { timeout: 60_000 }).toBe(true);
    await backupsAreIntact(server);
    await server.sandbox.psql("alter table bulk drop column migrated");
    await nothingIsLeft(server, before);
    const newest = (await succeed(server.sandbox, `ls -t ${server.directory}/*.sql.gz | head -n 1`)).trim();
    const restored = await server.run("restore_database", `--yes ${newest}`);
    expect(restored.code, restored.stderr).toBe(0);
    await server.sandbox.psql("alter table bulk drop column if exists migrated");
    expect(await server.content()).toBe(before.live);
    await server.reset();
  }
  tally(fault, times(5, 1), ["works", "names", "older", "left"]);
});
