import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { rehearsalName } from "../../scripts/lib/postgres/database-names.ts";
import { docker, label, removeContainers, tryDocker } from "../sandbox/docker.ts";
import { backups, databaseKey } from "./rehearsal-server.ts";
import { type StallingServer, startStallingServer } from "./stalled-rehearsal.ts";
import { until } from "./until.ts";

let server: StallingServer;
/** The configured name of the database. */
let key: string;

beforeAll(async () => {
  server = await startStallingServer();
  key = databaseKey(server.sandbox.number);
});
afterAll(() => server?.remove());
afterEach(() => server.configure({}));

test("the container is bounded and cut off, backups go on beside it, a second rehearsal does not, SIGTERM ends it at once", async () => {
  const { ended, signal } = await server.stalled();
  const [container = ""] = await server.containers();
  const [inspected] = JSON.parse(await docker(["container", "inspect", container]));
  const live = JSON.parse(await docker(["container", "inspect", server.sandbox.container]))[0];
  expect(inspected.Image).toBe(live.Image);
  expect(inspected.Name).toMatch(
    new RegExp(`^/database-backups-rehearsal-${key}-\\d{8}T\\d{6}-[0-9a-f]{6}$`),
  );
  expect(inspected.HostConfig).toMatchObject({
    Memory: 2 ** 29,
    MemorySwap: 2 ** 29,
    NetworkMode: "none",
    PidsLimit: 256,
    CpuShares: 128,
    OomScoreAdj: 1000,
    AutoRemove: true,
    CapDrop: ["ALL"],
  });
  expect(inspected.Mounts.some(({ Source }: { Source: string }) => Source === live.Mounts[0].Source)).toBe(
    false,
  );

  const backUp = await server.sandbox.run(server.command.replace("rehearse_restore", "backup_database"));
  expect(backUp.stderr).toBe("");
  expect(backUp.code).toBe(0);
  expect(await server.containers()).toEqual([container]);

  const second = await server.rehearse();
  expect(second.code).toBe(75);
  expect(second.stdout).toMatch(/rehearsal refused: .* is locked by rehearse_restore, run /);

  await signal("TERM");
  const result = await ended;
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("ended by SIGTERM");
  expect(await server.containers()).toEqual([]);
  expect(await server.hidden()).toEqual([]);
  for (const { Name } of inspected.Mounts) {
    expect((await tryDocker(["volume", "inspect", Name])).stderr).toMatch(/no such volume/i);
  }
  expect((await server.sandbox.run(`ls ${backups}/*.rehearsal.json`)).code).not.toBe(0);
});

test("after SIGKILL the container ends by itself, and the next backup reports it", async () => {
  const { ended, signal } = await server.stalled();
  await signal("KILL");
  expect((await ended).code).not.toBe(0);
  await until("the container ends", async () => (await server.containers()).length === 0);
  expect(await server.hidden()).toHaveLength(1);
  await server.backUp();
  expect(await server.log()).toMatch(/backup_database: removed what the crashed rehearsal \S+ left/);
  expect(await server.hidden()).toEqual([]);
});

test("a container that Docker had made and not started when everything died is removed by the next run", async () => {
  const runId = "20260101T000000-abcdef";
  const container = `database-backups-rehearsal-${key}-${runId}`;
  const { Image } = JSON.parse(await docker(["container", "inspect", server.sandbox.container]))[0];
  const labels = [
    "--label",
    `database-backups.rehearsal=${key}`,
    "--label",
    `${label}=${server.sandbox.number}`,
  ];
  await docker(["create", "--name", container, ...labels, "--volume", "/rehearsal", Image]);
  try {
    await server.sandbox.run(`touch ${backups}/.${key}.${runId}.rehearsal.partial`);
    expect((await server.rehearse(server.archive)).code).toBe(0);
    expect(await server.containers()).toEqual([]);
    expect(await server.hidden()).toEqual([]);
  } finally {
    await removeContainers([container]);
  }
});

test("a restore that outlasts its time is ended, and the record says so", async () => {
  await server.configure({ timeouts: { ...server.settings.timeouts, restore: 20 } });
  const result = await server.rehearse("--json");
  expect(result.code).toBe(1);
  expect(JSON.parse(result.stdout).rehearsals[0].record).toMatchObject({
    result: "failed",
    error: expect.stringContaining(
      "exceeded its time limit of 20 s and was stopped; raise backups.timeouts.restore",
    ),
  });
  expect(await server.containers()).toEqual([]);
});

test("a container that is killed under it fails the rehearsal, and the record says so", async () => {
  const { ended } = await server.stalled();
  await docker(["kill", ...(await server.containers())]);
  expect((await ended).code).not.toBe(0);
  await until("the container is gone", async () => (await server.containers()).length === 0);
  expect(await server.hidden()).toEqual([]);
  expect(await server.log()).toMatch(/rehearsal failed: /);
});

/** As left by a rehearsal of an older version, which created a database in the live server. */
async function oldLeftovers(runId: string): Promise<string> {
  const left = rehearsalName(server.sandbox.database, runId);
  await server.sandbox.psql(`CREATE DATABASE "${left}"`, "postgres");
  await server.sandbox.run(`touch ${backups}/.${key}.${runId}.rehearsal.partial`);
  return left;
}

test("settings of the version before that say database: it is rehearsed in a container, and the database that an older rehearsal left is dropped by the next backup", async () => {
  await server.configure({ rehearsal: { ...server.settings.rehearsal, where: "database" } });
  const left = await oldLeftovers("20260101T000000-abcdef");
  const result = await server.rehearse(server.archive);
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
  expect(await server.record(server.archive)).toMatchObject({ where: "container", result: "equal" });
  expect(await server.hidden()).toEqual([]);
  await server.backUp();
  expect(await server.databases()).toEqual([server.sandbox.database]);
  expect(await server.log()).toContain(`dropped ${left}, left by a crashed run`);
});

test("settings without a place are those of a container", async () => {
  const { where: _, ...rehearsal } = server.settings.rehearsal;
  await server.configure({ rehearsal });
  expect((await server.rehearse(server.archive)).code).toBe(0);
});
