import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { rcloneStore } from "../../scripts/lib/copies/rclone-store.ts";
import type { Store } from "../../scripts/lib/store/store.ts";
import { type FaultProxy, startFaultProxy, uploadOf } from "../sandbox/stores/fault-proxy.ts";
import { startMoto } from "../sandbox/stores/moto.ts";
import { rcloneAt } from "../sandbox/stores/rclone-at.ts";
import type { StoreServer } from "../sandbox/stores/store-server.ts";
import { startVersitygw } from "../sandbox/stores/versitygw.ts";

/** What goes wrong between a server and an S3 store, made by a proxy in front of real ones. */

const scratch = mkdtempSync(join(tmpdir(), "store-faults-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const source = join(scratch, "archive");
const content = randomBytes(8_000_003);
const digest = createHash("sha256").update(content).digest("hex");
writeFileSync(source, content);

const megabyte = 1_000_000;

/** A store behind a proxy. */
function behindProxy(start: () => Promise<StoreServer>): {
  store: () => Promise<Store>;
  proxy: () => FaultProxy;
} {
  let server: StoreServer;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await start();
    proxy = await startFaultProxy(server.port);
  });
  afterEach(() => proxy.clear());
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });
  return {
    proxy: () => proxy,
    store: async () => {
      const { settings } = await server.newPlace();
      return rcloneStore(await rcloneAt({ ...settings, endpoint: `http://127.0.0.1:${proxy.port}` }));
    },
  };
}

describe("a store that does not compare what it gets with what the sender says", () => {
  const { store, proxy } = behindProxy(startMoto);

  test("keeps a flipped byte, which is reported, read back, and repaired by another upload", async () => {
    const one = await store();
    proxy().add({ kind: "flip" }, uploadOf(megabyte), 1);
    await expect(one.put(source, "archive")).rejects.toThrow(/corrupt/);
    expect(await one.readBack("archive")).not.toBe(digest);
    await one.put(source, "archive");
    expect(await one.readBack("archive")).toBe(digest);
  });

  test("whose clock is off lists by its own time, and takes nothing", async () => {
    const one = await store();
    proxy().shiftClock(-3600);
    expect(await one.list()).toEqual([]);
    // What it answers to the question whether there is such a file has no room for a reason.
    await expect(one.put(source, "archive")).rejects.toThrow(/DBK-REMOTE-[25]/);
  });

  test("which refuses this server's time all the same is reported as such", async () => {
    const one = await store();
    proxy().add({ kind: "answer", status: 403, code: "RequestTimeTooSkewed" });
    await expect(one.list()).rejects.toThrow(/DBK-REMOTE-5/);
    await expect(one.put(source, "archive")).rejects.toThrow(/DBK-REMOTE-[25]/);
  });
});

describe("a store that compares", () => {
  const { store, proxy } = behindProxy(startVersitygw);

  test("keeps nothing of an upload with a flipped byte", async () => {
    const one = await store();
    proxy().add({ kind: "flip" }, uploadOf(megabyte));
    await expect(one.put(source, "archive")).rejects.toThrow(/\w/);
    expect(await one.list()).toEqual([]);
  });

  test("is tried again by the part where it is busy, and after that given up", async () => {
    const one = await store();
    proxy().add({ kind: "answer", status: 503, code: "SlowDown" }, uploadOf(megabyte), 1);
    await one.put(source, "archive");
    expect(await one.readBack("archive")).toBe(digest);
    proxy().add({ kind: "answer", status: 503, code: "SlowDown" });
    await expect(one.put(source, "other")).rejects.toThrow(/\w/);
    await expect(one.list()).rejects.toThrow(/SlowDown/);
    proxy().clear();
    expect((await one.list()).map(({ name }) => name)).toEqual(["archive"]);
  });

  test("has no file whose upload was cut", async () => {
    const one = await store();
    proxy().add({ kind: "cut", afterBytes: 500_000 }, uploadOf(megabyte));
    await expect(one.put(source, "archive")).rejects.toThrow(/\w/);
    proxy().clear();
    await expect(one.readBack("archive")).rejects.toThrow(/\w/);
  });

  test("is not read in part", async () => {
    const one = await store();
    await one.put(source, "archive");
    proxy().add({ kind: "cut", afterBytes: 500_000 }, ({ method }) => method === "GET");
    await expect(one.readBack("archive")).rejects.toThrow(/\w/);
  });

  test("that never answers is left when the run ends", async () => {
    const one = await store();
    proxy().add({ kind: "stall" });
    const reason = new Error("the run was ended");
    const begun = Date.now();
    const ending = new AbortController();
    setTimeout(() => ending.abort(reason), 1_000);
    await expect(one.put(source, "archive", ending.signal)).rejects.toBe(reason);
    expect(Date.now() - begun).toBeLessThan(20_000);
    expect(proxy().arrived.length).toBeGreaterThan(0);
  });
});
