import { dirname } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { docker } from "../sandbox/docker.ts";
import { type StallingServer, startStallingServer } from "./stalled-rehearsal.ts";

let server: StallingServer;

beforeAll(async () => {
  // Nobody else takes or frees space where the live data lies.
  server = await startStallingServer(281, { dataSize: "400m" });
});
afterAll(() => server?.remove());
afterEach(() => server.configure({}));

const rehearsing = (where: "container" | "database", minimumFreeBytes = 0) =>
  server.configure({
    rehearsal: { ...server.settings.rehearsal, where },
    monitoring: { ...server.settings.monitoring, minimumFreeBytes },
  });

async function nothingIsLeft(): Promise<void> {
  expect(await server.containers()).toEqual([]);
  expect(await server.databases()).toEqual([server.sandbox.database]);
  expect(await server.hidden()).toEqual([]);
  expect((await server.sandbox.run("ls /root/database_backups/*.rehearsal.json")).code).not.toBe(0);
}

test.each(["container", "database"] as const)(
  "in a %s: when less than the minimum would stay free it does not begin",
  async (where) => {
    await rehearsing(where, 1e15);
    const result = await server.rehearse(server.archive);
    expect(result.stdout).toMatch(
      /rehearsal skipped: .* are free, and 1000 TB are wanted: .* monitoring\.minimumFreeSpace is to stay free/,
    );
    expect(result.code).toBe(73);
    await nothingIsLeft();
  },
);

test.each(["container", "database"] as const)(
  "in a %s: one that takes more space than was found for it is ended",
  async (where) => {
    await rehearsing(where);
    const { ended } = await server.stalled(where);
    if (where === "container") {
      const [container = ""] = await server.containers();
      await docker(["exec", "--user", "postgres", container, "fallocate", "-l", "2G", "/rehearsal/more"]);
    } else {
      const [made = ""] = (await server.databases()).filter((name) => name.includes("_rehearsal_"));
      const rows = "SELECT generate_series(1, 400000)";
      await server.sandbox.psql(`CREATE UNLOGGED TABLE more WITH (fillfactor = 10) AS ${rows}`, made);
    }
    const result = await ended;
    expect(result.stdout).toMatch(
      /rehearsal skipped: it was ended: it takes .* [MG]B, and .* [MG]B had been found for it/,
    );
    expect(result.code).toBe(73);
    await nothingIsLeft();
  },
);

test("in a database: one during which others leave less than the minimum is ended", async () => {
  const minimum = 150_000_000;
  await rehearsing("database", minimum);
  const { ended } = await server.stalled("database");
  const directory = dirname(server.sandbox.dataDirectory);
  const free = `$(df --output=avail -B1 ${directory} | tail -n 1)`;
  try {
    const filled = await server.sandbox.run(
      `head -c $((${free} - ${minimum / 2})) /dev/zero >${directory}/filler`,
    );
    expect(filled).toMatchObject({ code: 0, stderr: "" });
    const result = await ended;
    expect(result.stdout).toMatch(
      /rehearsal skipped: it was ended: only .* MB are still free \(monitoring\.minimumFreeSpace\)/,
    );
    expect(result.code).toBe(73);
  } finally {
    await server.sandbox.run(`rm -f ${directory}/filler`);
  }
  await nothingIsLeft();
});
