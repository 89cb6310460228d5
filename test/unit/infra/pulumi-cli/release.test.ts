import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { PulumiCliError } from "../../../../infra/pulumi-cli/cli-error.ts";
import { fetchRelease, pulumiRelease, type ReleaseLimits } from "../../../../infra/pulumi-cli/release.ts";
import {
  archiveName,
  archivePath,
  body,
  checksumsPath,
  type ReleaseServer,
  redirect,
  sha256,
  startReleaseServer,
} from "./release-server.ts";

let server: ReleaseServer;
let directory: string;

beforeAll(async () => {
  server = await startReleaseServer();
});
afterAll(() => server?.close());
beforeEach(() => {
  server.reset();
  directory = mkdtempSync(join(tmpdir(), "database-backups-fetched-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const soon = { idle: 2_000, total: 20_000, size: 2 ** 23 };
const limits: ReleaseLimits = { checksums: soon, archive: soon };

/** The result of a fetch that must fail. It must leave no program behind. */
async function refusal(release = server.release, within = limits): Promise<PulumiCliError> {
  const error = await fetchRelease(release, directory, within).then(
    (path) => new Error(`it was put into ${path}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PulumiCliError)) throw error;
  expect(readdirSync(directory).filter((name) => !name.endsWith(".partial"))).toEqual([]);
  expect(error.message).toContain("Install Pulumi 9.8.7 (https://www.pulumi.com/docs/install/)");
  return error;
}

async function expectUnavailable(why: string, what = archiveName): Promise<void> {
  const { kind, message } = await refusal();
  expect(kind).toBe("unavailable");
  expect(message).toContain(what);
  expect(message).toContain(why);
}

test("what this machine cannot write is no release that is not to be had", async () => {
  mkdirSync(join(directory, `${archiveName}.partial`));
  const { kind, message } = await refusal();
  expect(kind).toBe("unwritten");
  expect(message).toMatch(/cannot be written .*EEXIST/s);
});

test("the release is unpacked when its digest is the listed one, over redirects too", async () => {
  server.answer("/elsewhere?signature=1", body(server.archive));
  server.answer(archivePath, redirect("/elsewhere?signature=1"));
  const into = await fetchRelease(server.release, directory, limits);
  expect(execFileSync(join(into, "pulumi")).toString()).toBe("v9.8.7\n");
  expect(readdirSync(into).sort()).toEqual(["large", "pulumi", "pulumi-language-nodejs"]);
});

test("without the publisher's list nothing is fetched", async () => {
  server.answer(checksumsPath, body("", 404));
  server.answer(archivePath, () => {
    throw new Error("the archive was asked for");
  });
  await expectUnavailable(`answers 404`, `${server.origin}${checksumsPath}`);
});

test.each([
  ["has no line for it", `${"0".repeat(64)}  pulumi-v9.8.7-other.tar.gz\n`],
  ["is a page of something else", "<html>Sign in to the hotel's network</html>"],
  ["has something else than a SHA-256", `0123  ${archiveName}\n`],
  ["is empty", ""],
])("nothing is used where the list %s", async (_, list) => {
  server.answer(checksumsPath, body(list));
  await expectUnavailable("has no SHA-256 of");
});

test("an archive that is not there", async () => {
  server.answer(archivePath, body("", 404));
  await expectUnavailable("answers 404");
});

test("a server that fails", async () => {
  server.answer(archivePath, body("", 503));
  await expectUnavailable("answers 503");
});

test("another archive than the listed one is refused and not kept", async () => {
  const other = Buffer.from(server.archive);
  other.writeUInt8(other.readUInt8(1_000_000) ^ 1, 1_000_000);
  server.answer(archivePath, body(other));
  const { kind, message } = await refusal();
  expect(kind).toBe("refused");
  expect(message).toContain(sha256(other));
  expect(message).toContain(sha256(server.archive));
  expect(readdirSync(directory)).toEqual([]);
});

test("an archive that ends early is refused though its length is right", async () => {
  server.answer(archivePath, body(server.archive.subarray(0, 2_000_000)));
  expect((await refusal()).kind).toBe("refused");
});

test("a connection that ends in the middle", async () => {
  server.answer(archivePath, (response) => {
    response.writeHead(200, { "content-length": server.archive.length });
    response.write(server.archive.subarray(0, 2_000_000), () => response.destroy());
  });
  await expectUnavailable("cannot be fetched");
});

test("a connection that goes silent in the middle", async () => {
  server.answer(archivePath, (response) => {
    response.writeHead(200, { "content-length": server.archive.length });
    response.write(server.archive.subarray(0, 2_000_000));
  });
  await expectUnavailable("no data for 2 s");
});

test("a connection that trickles for ever", async () => {
  const trickling: ReleaseLimits = { ...limits, archive: { ...soon, total: 1_500 } };
  server.answer(archivePath, (response) => {
    const timer = setInterval(() => response.write("x"), 100);
    response.on("close", () => clearInterval(timer));
  });
  const { kind, message } = await refusal(server.release, trickling);
  expect([kind, message]).toEqual(["unavailable", expect.stringContaining("it took longer than 1.5 s")]);
});

test("an answer without an end", async () => {
  const { kind, message } = await refusal(server.release, { ...limits, archive: { ...soon, size: 2 ** 20 } });
  expect([kind, message]).toEqual([
    "unavailable",
    expect.stringContaining("it is larger than 1048576 bytes"),
  ]);
});

test.each([checksumsPath, archivePath])("a redirect of %s to http is not followed", async (path) => {
  let asked = 0;
  const plain = createServer((_, response) => {
    asked += 1;
    response.end(server.archive);
  });
  await new Promise<void>((resolve) => plain.listen(0, resolve));
  const origin = `http://localhost:${(plain.address() as AddressInfo).port}`;
  server.answer(path, redirect(`${origin}${path}`));
  try {
    await expectUnavailable(`it redirects to ${origin}, which is not https`, `${server.origin}${path}`);
    expect(asked).toBe(0);
  } finally {
    plain.close();
  }
});

test("redirects that never end", async () => {
  server.answer(archivePath, redirect(archivePath));
  await expectUnavailable("it redirects more than 5 times");
});

test("a publisher with an untrusted certificate", async () => {
  const stranger = await startReleaseServer({ isTrusted: false });
  try {
    const { kind, message } = await refusal(stranger.release);
    expect([kind, message]).toEqual(["unavailable", expect.stringContaining("self-signed certificate")]);
  } finally {
    await stranger.close();
  }
});

test("a host that cannot be reached", async () => {
  const gone = await startReleaseServer();
  await gone.close();
  const { kind, message } = await refusal(gone.release);
  expect([kind, message]).toEqual(["unavailable", expect.stringContaining("ECONNREFUSED")]);
});

test("an archive that is no CLI", async () => {
  const other = Buffer.from("not an archive");
  server.answer(checksumsPath, body(`${sha256(other)} *${archiveName}\n`));
  server.answer(archivePath, body(other));
  const error = await fetchRelease(server.release, directory, limits).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("cannot be unpacked"),
  });
});

test("the publisher's own addresses are https", () => {
  expect(pulumiRelease("3.248.0")).toEqual({
    version: "3.248.0",
    archives: "https://get.pulumi.com/releases/sdk/",
    checksums: "https://github.com/pulumi/pulumi/releases/download/v3.248.0/pulumi-3.248.0-checksums.txt",
  });
});
