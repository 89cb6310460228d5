import { afterAll, beforeAll, expect, test } from "vitest";
import type { Settings } from "../../scripts/contract/settings.ts";
import { ExitCode } from "../../scripts/lib/base/exit-codes.ts";
import { trialContainerName } from "../../scripts/lib/recovery/container-removal.ts";
import { label, removeContainers } from "../sandbox/docker.ts";
import { type PingReceiver, secret, startPingReceiver } from "./ping-receiver.ts";
import { commandOf, putPrograms, resealed } from "./programs.ts";
import { backups, name, type StatusServer, startStatusServer } from "./status-server.ts";

let server: StatusServer;

const scheduled = async (change: object = {}) =>
  server.configure({ schedule: { ...server.settings.schedule, rehearsal: "30 4 * * 0" }, ...change });
const rehearse = () => server.sandbox.run(`${commandOf(server.sandbox, "rehearse_restore")} --quiet`);
/** Rehearses while another process holds the lock. */
const whileRehearsed = () =>
  server.sandbox.run(
    `flock ${server.settings.paths.locks}/${name}.rehearsal.lock env -i ${commandOf(server.sandbox, "rehearse_restore")}`,
  );

beforeAll(async () => {
  server = await startStatusServer();
  await putPrograms(server.sandbox, ["rehearse_restore"]);
  await scheduled();
  const first = await server.backUp();
  if (first.code !== 0) throw new Error(first.stderr);
});
afterAll(() => server?.sandbox.remove());

test("before the first rehearsal is due there is only a note", async () => {
  const report = await server.report();
  expect(report.verdict, report.summary).toBe("healthy");
  expect(report.databases[0]?.rehearsals).toEqual({
    ...{ newest: null, newestSuccessful: null, running: null, containers: [] },
  });
  expect(report.schedule.rehearsal).toMatchObject({ expression: "30 4 * * 0" });
  expect((await server.check()).stdout).toContain("never rehearsed; the first scheduled rehearsal");
});

let receiver: PingReceiver;

/** Backups and rehearsals report to different addresses. */
async function reporting(): Promise<void> {
  const files = { pingUrlFile: "ping-url", rehearsalPingUrlFile: "rehearsal-ping-url" };
  const monitoring: Record<string, unknown> = { ...server.settings.monitoring };
  for (const [setting, file] of Object.entries(files)) {
    const path = `/opt/database-backups/${file}`;
    const address = `http://127.0.0.1:${receiver.port}/ok/${secret}/${file}`;
    await server.sandbox.writeFile(path, `${address}\n`, "0600");
    monitoring[setting] = path;
  }
  await scheduled({ monitoring: monitoring as Settings["monitoring"] });
}

test("a real rehearsal shows with the time that a restore takes, and reports its start and its success to its own address", async () => {
  receiver = await startPingReceiver(server.sandbox);
  await reporting();
  const { code, stderr } = await rehearse();
  expect(code, stderr).toBe(0);
  const report = await server.report();
  expect(report.verdict, report.summary).toBe("healthy");
  const { newest, newestSuccessful } = report.databases[0]?.rehearsals ?? {};
  expect(newest).toMatchObject({ result: "equal", compared: "full", differences: [] });
  expect(newest?.restoreSeconds).toBeGreaterThan(0);
  expect(newestSuccessful).toEqual(newest);
  expect((await server.check()).stdout).toMatch(/equal in rows and content; a restore takes [\d.]+ /);
  const reports = await receiver.received();
  expect(reports.map(({ event }) => event)).toEqual(["/rehearsal-ping-url/start", "/rehearsal-ping-url"]);
  expect(reports[1]?.body).toContain(`${name}: equal`);
});

test("beside a running one a rehearsal reports nothing while the last success is recent", async () => {
  expect((await whileRehearsed()).code).toBe(75);
  expect(await receiver.received()).toEqual([]);
});

test("a difference is critical, names the table, and is reported", async () => {
  await reporting();
  const edit = `const fs = require("node:fs"), [path] = process.argv.slice(1);
    const manifest = JSON.parse(fs.readFileSync(path, "utf8"));
    manifest.content.tables.find(({ rows }) => rows > 0).rows += 1;
    fs.writeFileSync(path, JSON.stringify(manifest, null, 2) + "\\n");`;
  await server.sandbox.writeFile("/opt/test/edit.cjs", edit);
  const edited = await server.sandbox.run(
    `cd ${backups}; m=$(ls ${name}_*[0-9].json); ${server.sandbox.node} -e "$(cat /opt/test/edit.cjs)" "$m" && ${resealed('"$m"')}`,
  );
  expect(edited.stderr).toBe("");
  const { code, stderr } = await rehearse();
  expect(code, stderr).toBe(ExitCode.different);
  const report = await server.report();
  expect(report.verdict).toBe("critical");
  const { newest, newestSuccessful } = report.databases[0]?.rehearsals ?? {};
  expect(newest?.result).toBe("different");
  expect(newestSuccessful).toBeNull();
  const [difference = "nothing"] = newest?.differences ?? [];
  expect(difference).toMatch(/^\w+\.\w+ had \d+ rows, it has \d+$/);
  expect(report.summary).toContain(difference);
  const reports = await receiver.received();
  expect(reports).toMatchObject([
    { event: "/rehearsal-ping-url/start" },
    { event: "/rehearsal-ping-url/fail", body: expect.stringContaining(difference) },
  ]);
});

test("beside a running one a rehearsal without a recent success has failed, and without a URL reports nothing", async () => {
  await reporting();
  expect((await whileRehearsed()).code).toBe(75);
  expect((await receiver.received()).map(({ event }) => event)).toEqual(["/rehearsal-ping-url/fail"]);
  const { rehearsalPingUrlFile: _, ...monitoring } = server.settings.monitoring;
  await scheduled({ monitoring: { ...monitoring, pingUrlFile: "/opt/database-backups/ping-url" } });
  expect((await rehearse()).code).toBe(ExitCode.different);
  expect(await receiver.received()).toEqual([]);
});

test("a container left by a crashed rehearsal is named; a removed one is not", async () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("no database in the settings");
  const crashed = ["20261101T043000-4f2a1b", "20261108T043000-4f2a1b"];
  const [left = "", gone = ""] = crashed.map((run) => trialContainerName(database, run));
  const { stderr } = await server.sandbox.run(
    `for run in ${crashed.join(" ")}; do : >${backups}/.${name}.$run.rehearsal.partial; done
    docker create --name ${left} --label ${label}=${server.sandbox.number} "$(docker inspect --format '{{.Image}}' ${database.container})" >/dev/null`,
  );
  try {
    expect(stderr).toBe("");
    const report = await server.report();
    expect(report.databases[0]?.rehearsals.containers).toEqual([left]);
    expect(report.summary).toContain(`a rehearsal left the container ${left} [DBK-STATUS-18]`);
    expect(report.summary).not.toContain(gone);
  } finally {
    await removeContainers([left]);
    await server.sandbox.run(`rm ${backups}/.*.rehearsal.partial`);
  }
});
