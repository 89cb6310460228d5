import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { openPing } from "../../../../scripts/lib/notify/ping.ts";
import { openLog } from "../../../../scripts/lib/program/log.ts";
import { settings } from "../status/observations.ts";
import { type Behaviour, type Receiver, secret, startReceiver } from "./receiver.ts";

/** The times, number and texts of a run's reports. */

const directory = mkdtempSync(join(tmpdir(), "ping-"));
afterAll(() => rmSync(directory, { recursive: true }));
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const report = { title: "backup on cloud.example.com", lines: ["shop: a.sql.gz, 1 MB", "blog: it failed"] };

function open(behaviour: Behaviour) {
  const [path, logFile] = [join(directory, "ping-url"), join(directory, "log")];
  writeFileSync(path, `${receiver.at(behaviour)}\n`);
  writeFileSync(logFile, "");
  const log = openLog(logFile, "backup_database", "20261122T020000-4f2a1b");
  const monitoring = { ...settings.monitoring, pingUrlFile: path };
  const logged = () => {
    const text = readFileSync(logFile, "utf8");
    expect(text).not.toContain(secret);
    return text.split("\n").flatMap((line) => /the ping .*/.exec(line)?.[0] ?? []);
  };
  return { ping: openPing({ ...settings, monitoring }, log, "backup"), logged };
}

test("a run reports its start without words and then its end, under one id", async () => {
  const { ping, logged } = open("ok");
  ping.start();
  ping.start();
  await ping.end("fail", report);
  const [started, ended, ...more] = receiver.received().map(({ path, body }) => ({ ...partsOf(path), body }));
  expect(more).toEqual([]);
  expect(started).toMatchObject({ path: `/ok/${secret}/start`, key: secret, body: "" });
  expect(ended).toMatchObject({ path: `/ok/${secret}/fail`, key: secret, rid: started?.rid });
  expect(ended?.body).toBe("backup on cloud.example.com\nshop: a.sql.gz, 1 MB\nblog: it failed\n");
  expect(started?.rid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(logged()).toEqual([]);
});

test("a success goes to the address itself, and a long text is cut", async () => {
  const { ping } = open("ok");
  await ping.end("success", { ...report, lines: ["x".repeat(20_000)] });
  const [ended] = receiver.received();
  expect(partsOf(ended?.path ?? "").path).toBe(`/ok/${secret}`);
  expect(Buffer.byteLength(ended?.body ?? "")).toBe(10_000);
});

test.each<[Behaviour, number, string | null]>([
  ["ok", 1, null],
  ["broken", 2, "it answered 500"],
  ["down", 2, "it answered 503"],
  ["cut", 2, "it broke the connection off"],
  ["down-until", 1, "it answered 503"],
  ["busy", 1, "it answered 429"],
  ["missing", 1, "it answered 404"],
  ["moved", 1, "it answered 302"],
])("a receiver that is %s is asked %i times", async (behaviour, times, reason) => {
  const { ping, logged } = open(behaviour);
  await ping.end("success", report);
  expect(receiver.received()).toHaveLength(times);
  const { host } = receiver.at("ok");
  const warning = `the ping (success) to ${host} did not arrive: ${reason} [DBK-ALERT-1]`;
  expect(logged()).toEqual(reason === null ? [] : [warning]);
});

function partsOf(path: string) {
  const { pathname, searchParams } = new URL(path, "http://x");
  return { path: pathname, key: searchParams.get("key"), rid: searchParams.get("rid") };
}
