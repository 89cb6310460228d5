import { afterAll, beforeAll, expect, test } from "vitest";
import { ExitCode } from "../../scripts/lib/exit-codes.ts";
import { trialContainerName } from "../../scripts/lib/rehearsal/container-removal.ts";
import { label, removeContainers } from "../sandbox/docker.ts";
import { secret, startPingReceiver } from "./ping-receiver.ts";
import { commandOf, putPrograms, resealed } from "./programs.ts";
import { backups, name, type StatusServer, startStatusServer } from "./status-server.ts";

const number = 183;
let server: StatusServer;

const scheduled = async (change: object = {}) =>
  server.configure({ schedule: { ...server.settings.schedule, rehearsal: "30 4 * * 0" }, ...change });
const rehearse = () => server.sandbox.run(`${commandOf(server.sandbox, "rehearse_restore")} --quiet`);

beforeAll(async () => {
  server = await startStatusServer(number);
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

test("a real rehearsal shows with the time that a restore takes", async () => {
  const { code, stderr } = await rehearse();
  expect(code, stderr).toBe(0);
  const report = await server.report();
  expect(report.verdict, report.summary).toBe("healthy");
  const { newest, newestSuccessful } = report.databases[0]?.rehearsals ?? {};
  expect(newest).toMatchObject({ result: "equal", compared: "full", differences: [] });
  expect(newest?.restoreSeconds).toBeGreaterThan(0);
  expect(newestSuccessful).toEqual(newest);
  expect((await server.check()).stdout).toMatch(/equal in rows and content; a restore takes [\d.]+ /);
});

test("a difference is critical, names the table, and is reported", async () => {
  const receiver = await startPingReceiver(server.sandbox);
  const pingUrlFile = "/opt/database-backups/ping-url";
  await server.sandbox.writeFile(pingUrlFile, `http://127.0.0.1:${receiver.port}/ok/${secret}\n`, "0600");
  await scheduled({ monitoring: { ...server.settings.monitoring, pingUrlFile } });
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
  expect(reports).toMatchObject([{ event: "/fail", body: expect.stringContaining(difference) }]);
});

test("a container that a dead rehearsal left is named, and nothing is said of one that is gone", async () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("no database in the settings");
  const dead = ["20261101T043000-4f2a1b", "20261108T043000-4f2a1b"];
  const [left = "", gone = ""] = dead.map((run) => trialContainerName(database, run));
  const { stderr } = await server.sandbox.run(
    `for run in ${dead.join(" ")}; do : >${backups}/.${name}.$run.rehearsal.partial; done
    docker create --name ${left} --label ${label}=${number} "$(docker inspect --format '{{.Image}}' ${database.container})" >/dev/null`,
  );
  try {
    expect(stderr).toBe("");
    const report = await server.report();
    expect(report.databases[0]?.rehearsals.containers).toEqual([left]);
    expect(report.summary).toContain(`a rehearsal that did not end left the container ${left}`);
    expect(report.summary).not.toContain(gone);
  } finally {
    await removeContainers([left]);
    await server.sandbox.run(`rm ${backups}/.*.rehearsal.partial`);
  }
});
