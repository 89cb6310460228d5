import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type BackupServer, directory, name, startBackupServer } from "./backup-server.ts";
import { type Behaviour, type PingReceiver, secret, startPingReceiver } from "./ping-receiver.ts";
import { resealed } from "./programs.ts";

const file = "/opt/database-backups/ping-url";
let server: BackupServer;
let receiver: PingReceiver;

beforeAll(async () => {
  server = await startBackupServer();
  receiver = await startPingReceiver(server.sandbox);
});
afterAll(() => server?.remove());
beforeEach(async () => {
  await server.sandbox.run(`rm -rf ${directory} ${server.settings.paths.log}`);
  await reportTo(addressOf("ok"));
  await receiver.received();
});

const addressOf = (behaviour: Behaviour, host = "127.0.0.1"): string =>
  `http://${host}:${receiver.port}/${behaviour}/${secret}`;

async function reportTo(address: string): Promise<void> {
  await server.sandbox.writeFile(file, `${address}\n`, "0600");
  const { monitoring } = server.settings;
  await server.configure({ ...server.settings, monitoring: { ...monitoring, pingUrlFile: file } });
}

const warnings = async (): Promise<string[]> =>
  (await server.log()).split("\n").filter((line) => / warning - \S+ backup_database: the ping /.test(line));
const archives = async (): Promise<string[]> =>
  (await server.files()).filter((entry) => entry.endsWith(".sql.gz"));

test("a good run reports its start and its success, under one run id", async () => {
  const { code, stdout } = await server.backUp("--quiet");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  const [started, succeeded, ...more] = await receiver.received();
  expect(started).toMatchObject({ method: "POST", event: "/start", body: "" });
  expect(succeeded).toMatchObject({ method: "POST", event: "", rid: started?.rid });
  expect(succeeded?.body).toContain(`backup on ${server.settings.server}\n${name}: ${(await archives())[0]}`);
  expect(more).toEqual([]);
  expect(started?.rid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(await warnings()).toEqual([]);
});

test("a failed run reports the reason of each database", async () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("no database in the settings");
  const lost = { ...database, name: "lost", container: "no-such-container-181" };
  const { monitoring } = server.settings;
  await server.configure({
    ...server.settings,
    databases: [lost, database],
    monitoring: { ...monitoring, pingUrlFile: file },
  });
  const { code } = await server.backUp("--quiet");
  expect(code).toBe(69);
  const [, failed] = await receiver.received();
  expect(failed?.event).toBe("/fail");
  expect(failed?.body).toMatch(/^lost: .*no-such-container-181/m);
  expect(failed?.body).toContain(`${name}: ${(await archives())[0]}`);
  // A run of one database proves nothing about the others.
  expect((await server.backUp(name)).code).toBe(0);
  expect(await receiver.received()).toEqual([]);
});

/** Backs up all databases while another process holds the lock of the first one. */
const whileLocked = () => {
  const { locks } = server.settings.paths;
  return server.sandbox.run(`mkdir -p ${locks}; flock ${locks}/${name}.lock ${server.command} --quiet`);
};
/** Makes the only backup of the database this many hours older. */
const makeOlder = (hours: number) => {
  const path = `${directory}/${name}_*.json`;
  const date = new Date(Date.now() - hours * 3_600_000).toISOString();
  return server.sandbox.run(
    `f=$(ls ${path}); sed -i 's/"createdAt": "[^"]*"/"createdAt": "${date}"/' $f; ${resealed("$f")}`,
  );
};

test("a run that a lock refuses reports nothing while there is a young backup", async () => {
  expect((await server.backUp()).code).toBe(0);
  await receiver.received();
  expect((await whileLocked()).code).toBe(75);
  await makeOlder(1.9);
  expect((await whileLocked()).code).toBe(75);
  expect(await receiver.received()).toEqual([]);
  expect(await server.log()).toMatch(/ warning \S+ \S+ backup_database: backup refused: .* is locked by/);
});

test.each([
  ["none", async () => {}],
  ["one that is older than the schedule allows", () => makeOlder(24 + 24 + 3)],
  ["one of the future", () => makeOlder(-5)],
  ["one that is damaged", () => server.sandbox.run(`truncate -s 10 ${directory}/*.sql.gz`)],
])("a run that a lock refuses has failed where the newest backup is %s", async (what, prepare) => {
  if (what !== "none") expect((await server.backUp()).code).toBe(0);
  await prepare();
  await receiver.received();
  expect((await whileLocked()).code).toBe(75);
  expect((await receiver.received()).map(({ event }) => event)).toEqual(["/fail"]);
});

test("a run that backs up the other databases has succeeded while the locked one has a young backup", async () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("no database in the settings");
  const { monitoring } = server.settings;
  await server.configure({
    ...server.settings,
    databases: [database, { ...database, name: "second" }],
    monitoring: { ...monitoring, pingUrlFile: file },
  });
  expect((await whileLocked()).code).toBe(75);
  expect((await receiver.received()).map(({ event }) => event)).toEqual(["/start", "/fail"]);
  expect((await server.backUp()).code).toBe(0);
  await receiver.received();
  expect((await whileLocked()).code).toBe(75);
  const [started, ended, ...more] = await receiver.received();
  expect([started?.event, ended?.event, more]).toEqual(["/start", "", []]);
  expect(ended?.body).toContain(`${name} is locked by`);
});

test("a run that a signal ends has failed", async () => {
  const { container, databaseUser, database } = server.sandbox;
  const table = await server.sandbox.psql("SELECT min(tablename) FROM pg_tables WHERE schemaname = 'public'");
  const hold = `BEGIN; LOCK TABLE "${table}"; SELECT 'held'; SELECT pg_sleep(600);`;
  const { code, stderr } = await server.sandbox.run(
    `docker exec -i ${container} psql -qAt -U ${databaseUser} -d ${database} >/tmp/held <<'END' &
${hold}
END
    until grep -q held /tmp/held; do sleep 0.05; done
    ${server.command} & pid=$!
    until grep -q 'backup started' ${server.settings.paths.log} && grep -q start /tmp/pings || ! kill -0 $pid; do sleep 0.05; done
    kill -TERM $pid; wait $pid`,
  );
  await server.sandbox.psql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()",
  );
  expect(code, stderr).toBe(1);
  const [, failed] = await receiver.received();
  expect(failed).toMatchObject({ event: "/fail", body: expect.stringContaining("ended by SIGTERM") });
});

test.each<{ behaviour: Behaviour; requests: number; reason: string | null }>([
  { behaviour: "broken", requests: 4, reason: "it answered 500" },
  { behaviour: "broken-once", requests: 4, reason: null },
  { behaviour: "silent", requests: 4, reason: "no answer within 5 s" },
  { behaviour: "half", requests: 2, reason: null },
  { behaviour: "redirect", requests: 2, reason: "it answered 302" },
  { behaviour: "missing", requests: 2, reason: "it answered 404" },
  { behaviour: "unknown", requests: 2, reason: "it answered: not found" },
])("a receiver that is $behaviour does the backup no harm", async ({ behaviour, requests, reason }) => {
  await reportTo(addressOf(behaviour));
  const { code, stdout, stderr } = await server.backUp();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(await archives()).toHaveLength(1);
  const received = await receiver.received();
  if (behaviour !== "silent") expect(received).toHaveLength(requests);
  // The report of the start may have been cancelled at the end of the run.
  else expect(received.filter(({ event }) => event === "")).toHaveLength(2);
  const said = await warnings();
  if (reason === null) expect(said).toEqual([]);
  else {
    expect(said).toHaveLength(2);
    expect(said[1]).toContain(`the ping (success) to 127.0.0.1:${receiver.port} did not arrive: ${reason}`);
  }
  expect(`${stdout}${await server.log()}`).not.toContain(secret);
});

test.each([
  { what: "nobody listens", address: `http://127.0.0.1:1/${secret}`, reason: "it refuses connections" },
  { what: "there is no such name", address: `http://no.invalid/${secret}`, reason: "did not arrive" },
  { what: "it is no TLS", address: "https", reason: "did not arrive" },
])("where $what the backup is made all the same", async ({ address, reason }) => {
  await reportTo(address === "https" ? addressOf("ok").replace("http:", "https:") : address);
  const { code, stdout, stderr } = await server.backUp("--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ exitCode: 0 });
  expect((await warnings()).at(-1)).toContain(reason);
  expect(await server.log()).not.toContain(secret);
});

test("a name with two addresses of which one is dead is reached by the other", async () => {
  await server.sandbox.run("printf '::1 dual.test\\n127.0.0.1 dual.test\\n' >>/etc/hosts");
  await reportTo(addressOf("ok", "dual.test"));
  expect((await server.backUp()).code).toBe(0);
  expect((await receiver.received()).map(({ event }) => event)).toEqual(["/start", ""]);
});

test("a name server that never answers does not keep the program", async () => {
  // The resolver waits longer than this test's time limit, and a look-up cannot be cancelled.
  const patient = "nameserver 127.0.0.1\\nnameserver 127.0.0.1\\noptions timeout:30 attempts:5\\n";
  await server.sandbox.run(`cp /etc/resolv.conf /tmp/resolv.conf; printf '${patient}' >/etc/resolv.conf`);
  await reportTo(`http://ping.example/${secret}`);
  const { code } = await server.backUp();
  await server.sandbox.run("cat /tmp/resolv.conf >/etc/resolv.conf");
  expect(code).toBe(0);
  expect((await warnings()).at(-1)).toContain("the ping (success) to ping.example did not arrive");
});

test("a signal during the last report ends the program with the backup's exit code", async () => {
  await reportTo(addressOf("silent"));
  const reporting = `grep -q '${secret}"' /tmp/pings`;
  const { code } = await server.sandbox.run(
    `${server.command} & pid=$!; until ${reporting} || ! kill -0 $pid; do sleep 0.05; done; kill -TERM $pid; wait $pid`,
  );
  expect(code).toBe(0);
  expect((await warnings()).at(-1)).toContain("no answer before the run was over");
});

test("the URL is in no process's command line or environment", async () => {
  await reportTo(addressOf("silent"));
  const { stdout } = await server.sandbox.run(
    `${server.command} >/dev/null & pid=$!
    until grep -q start /tmp/pings || ! kill -0 $pid; do sleep 0.05; done
    for n in 1 2 3 4 5; do for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; tr '\\0' ' ' <$p/environ; done; sleep 0.2; done 2>/dev/null
    wait $pid`,
  );
  expect(stdout).toContain("backup_database.cjs");
  expect(stdout).not.toContain(secret);
});

test.each([
  { what: "missing", prepare: `rm ${file}`, says: "cannot be read" },
  { what: "of nonsense", prepare: `echo ${secret} >${file}`, says: `${file} holds no address` },
])("a file that is $what is a warning", async ({ prepare, says }) => {
  await server.sandbox.run(prepare);
  expect((await server.backUp("--quiet")).code).toBe(0);
  const log = await server.log();
  expect(log).toContain(says);
  expect(log).not.toContain(secret);
});
