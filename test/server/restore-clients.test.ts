import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseSettings } from "../../scripts/contract/settings.ts";
import { Server } from "../../scripts/lib/postgres/server.ts";
import { runWithoutClients } from "../../scripts/lib/restore/client-cut-off.ts";
import { type Swap, swapDatabases, swapStatements } from "../../scripts/lib/restore/swap.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { startServer } from "../sandbox/server.ts";
import { settingsFor } from "./programs.ts";

let sandbox: SandboxServer;
let database: DatabaseSettings;

const clientNumbers = [1, 2, 3, 4, 5, 6, 7, 8];

beforeAll(async () => {
  sandbox = await startServer({ database: "empty" });
  const [only] = settingsFor(sandbox).databases;
  if (only === undefined) throw new Error("the settings have no database");
  database = only;
});

afterAll(() => sandbox?.remove());

const inContainer = (command: string, input?: string) =>
  sandbox.run(`docker exec -i ${sandbox.container} ${command}`, input === undefined ? undefined : { input });

/** Eight clients that query without pause, each query in a new connection, until `until` ends. @returns their answers */
async function answersDuring(until: () => Promise<unknown>): Promise<string[][]> {
  const client = `rm -f /tmp/stop /tmp/client-*
    for client in ${clientNumbers.join(" ")}; do
      (while ! [ -e /tmp/stop ]; do
        psql -X -q -A -t -U ${sandbox.databaseUser} -d ${sandbox.database} -c 'select what from wares, pg_sleep(0.1)' || echo failed
      done >/tmp/client-$client) &
    done
    wait`;
  const running = inContainer("sh", client);
  const everyone = `sh -c 'for i in ${clientNumbers.join(" ")}; do [ -s /tmp/client-$i ] || exit 1; done'`;
  while ((await inContainer(everyone)).code !== 0) await sleep(100);
  try {
    await until();
    // Each client gets another answer after it.
    const marks = await inContainer("sh -c 'wc -l /tmp/client-*'");
    while ((await inContainer("sh -c 'wc -l /tmp/client-*'")).stdout === marks.stdout) await sleep(100);
  } finally {
    await inContainer("touch /tmp/stop");
    await running;
  }
  const answers = clientNumbers.map(async (number) =>
    (await inContainer(`cat /tmp/client-${number}`)).stdout.trim().split("\n"),
  );
  return Promise.all(answers);
}

/** A second database, and the effect of a swap on the two. */
async function makeIncoming(number: number): Promise<Swap> {
  const { database: live } = sandbox;
  const incoming = `incoming_${number}`;
  await sandbox.psql("drop table if exists wares; create table wares as select 'old' as what");
  await sandbox.psql(`create database ${incoming}`, "template1");
  await sandbox.psql("create table wares as select 'new' as what", incoming);
  return { live, incoming, outgoing: `outgoing_${number}` };
}

const asking = () =>
  new Server(database, {
    applicationName: "database-backups/test",
    dbname: "template1",
    timeoutSeconds: 30,
  });

const losses = (answers: readonly string[]) => answers.filter((answer) => answer === "failed").length;

test("a client that reconnects during a long swap waits and finds the new database", async () => {
  const swap = await makeIncoming(1);
  const statements = swapStatements(swap, true).flatMap((statement) =>
    statement.includes("RENAME") ? [statement, "SELECT pg_sleep(1)"] : [statement],
  );
  const answers = await answersDuring(() =>
    runWithoutClients(asking(), swap.live, [swap.live, swap.incoming], statements),
  );
  for (const one of answers) {
    expect(losses(one)).toBeLessThanOrEqual(1);
    expect(one).toContain("old");
    expect(one.at(-1)).toBe("new");
  }
});

test("a dump of another database that holds the catalogue does not hold up the swap", async () => {
  const swap = await makeIncoming(2);
  const holding = inContainer(
    `psql -X -U ${sandbox.databaseUser} -d template1 -c "begin" -c "lock table pg_database in access share mode" -c "select pg_sleep(600)"`,
  );
  const held =
    "select count(*) from pg_locks where relation = 1262 and granted and mode = 'AccessShareLock' and pid in (select pid from pg_stat_activity where query like '%sleep(600)%' and pid <> pg_backend_pid())";
  while ((await sandbox.psql(held, "template1")) === "0") await sleep(100);
  const runId = "20261122T020000-4f2a1b";
  const run = { runId, server: Server.of({ settings: settingsFor(sandbox), database, runId }) };
  const answers = await answersDuring(() => swapDatabases(run, "template1", swap));
  await sandbox.psql(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like '%sleep(600)%' and pid <> pg_backend_pid()",
    "template1",
  );
  expect((await holding).code).not.toBe(0);
  for (const one of answers) expect(one.at(-1)).toBe("new");
});
