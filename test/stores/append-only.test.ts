import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rcloneStore } from "../../scripts/lib/copies/rclone-store.ts";
import { rcloneAt } from "../sandbox/stores/rclone-at.ts";
import { s3Request } from "../sandbox/stores/s3-request.ts";
import { serverKey } from "../sandbox/stores/store-server.ts";
import { type Bucket, startVersitygw, type Versitygw } from "../sandbox/stores/versitygw.ts";

/** What a store whose key may not remove anything keeps, at a server that has versions and locks them. */

const scratch = mkdtempSync(join(tmpdir(), "append-only-"));
const file = (text: string): string => {
  writeFileSync(join(scratch, text), text);
  return join(scratch, text);
};
const mayWrite = ["s3:PutObject", "s3:GetObject", "s3:ListBucket"];

let server: Versitygw;
beforeAll(async () => {
  server = await startVersitygw();
});
afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true });
});

/** The ids of a name's versions, the newest first. */
async function versionsOf({ bucket }: Bucket, name: string): Promise<string[]> {
  const query = { versions: "", prefix: `${serverKey}/${name}` };
  const text = (await s3Request(server.root, { method: "GET", path: `/${bucket}`, query })).toString();
  return [...text.matchAll(/<VersionId>([^<]+)<\/VersionId>/g)].map((match) => match[1] ?? "");
}

test("a key that may only write can do all but remove, and what it replaces stays as a version", async () => {
  const place = await server.newPlace({ versions: true, locked: true, actions: mayWrite });
  const store = rcloneStore(await rcloneAt(place.settings));
  expect(await store.probe()).toEqual({ problem: null, removes: false });
  await store.put(file("first"), "archive");
  await store.put(file("second"), "archive");
  await expect(store.remove(["archive"])).rejects.toThrow(/DBK-REMOTE-2/);
  const versions = await versionsOf(place, "archive");
  expect(versions).toHaveLength(2);
  const old = { path: `/${place.bucket}/${serverKey}/archive`, query: { versionId: versions[1] ?? "" } };
  expect((await s3Request(server.root, { method: "GET", ...old })).toString()).toBe("first");
  await expect(s3Request(server.root, { method: "DELETE", ...old })).rejects.toThrow(/AccessDenied/);
});

test("without versions a key that may only write can replace what there is, and that is gone", async () => {
  const place = await server.newPlace({ actions: mayWrite });
  const store = rcloneStore(await rcloneAt(place.settings));
  await store.put(file("first"), "archive");
  await store.put(file("second"), "archive");
  expect(await versionsOf(place, "archive")).toHaveLength(1);
});

test("a key that is revoked is refused, and a right that is missing is told apart from an absent file", async () => {
  const place = await server.newPlace();
  const store = rcloneStore(await rcloneAt(place.settings));
  await store.put(file("first"), "archive");
  await place.allow(["s3:PutObject"]);
  await expect(store.list()).rejects.toThrow(/DBK-REMOTE-2/);
  await expect(store.readBack("archive")).rejects.toThrow(/DBK-REMOTE-2/);
  await place.allow([]);
  await expect(store.put(file("first"), "other")).rejects.toThrow(/DBK-REMOTE-2/);
  await expect(store.list()).rejects.toThrow(/DBK-REMOTE-2/);
});
