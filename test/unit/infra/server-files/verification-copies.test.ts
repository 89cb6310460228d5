import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { remoteShell } from "../../../../infra/server-files/commands.ts";
import {
  allowTakeOver,
  takeOverPending,
  takeOverScript,
  verificationScript,
} from "../../../../infra/server-files/verification.ts";
import { serverPlanOf } from "../plans.ts";

const directory = mkdtempSync(join(tmpdir(), "verification-copies-"));
afterAll(() => rmSync(directory, { recursive: true }));

const script = (name: string, text: string) => {
  writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(directory, name), 0o700);
};

const plan = serverPlanOf({
  servers: { s: {} },
  databases: { shop: {} },
  copyKey: "ab".repeat(32),
  copies: {
    objects: {
      ...{ type: "s3", endpoint: "https://objects.example.com", bucket: "acme" },
      ...{ accessKeyId: "AK", secretAccessKey: "secret" },
    },
  },
  paths: {
    backupLauncher: join(directory, "backup.sh"),
    statusLauncher: join(directory, "status.sh"),
    copyLauncher: join(directory, "copy.sh"),
    locks: join(directory, "locks"),
  },
});

/** Runs the script with fakes; the probe and the copy end with these codes and say these words. */
function verify({ probe = 0, copy = 0, says = "" }) {
  script("docker", "echo shop-db");
  script("backup.sh", `echo backup "$@" >>${directory}/asked`);
  script("status.sh", `echo status "$@" >>${directory}/asked`);
  script(
    "copy.sh",
    `echo copy "$@" >>${directory}/asked; case $* in *--probe*) echo "${says || "it can be written"}"; exit ${probe} ;; esac
echo "${says}" >&2; exit ${copy}`,
  );
  script("sudo", '[ "$1" = -n ] && shift; exec "$@"');
  writeFileSync(join(directory, "asked"), "");
  const { status, stdout, stderr } = spawnSync("sh", ["-c", remoteShell], {
    encoding: "utf8",
    input: verificationScript(plan),
    env: { PATH: `${directory}:/usr/bin:/bin` },
  });
  return { status, stdout, stderr, asked: readFileSync(join(directory, "asked"), "utf8").trim().split("\n") };
}

test("the store is tried, the newest backups are copied, and the status is checked last", () => {
  expect(verify({})).toMatchObject({
    status: 0,
    stdout:
      "shop is backed up\nit can be written\nstore objects: the newest backups are copied\nstatus healthy\n",
    asked: [
      "backup --no-copy shop",
      "copy --store objects --probe",
      "copy --store objects --newest",
      "status --quiet",
    ],
  });
});

test.each([
  ["a probe", { probe: 69, copy: 0, says: "store objects refuses access" }],
  ["a copy", { probe: 0, copy: 73, says: "store objects has no room" }],
])("%s that fails fails the deployment with the store's reason", (_, situation) => {
  const { status, stderr } = verify(situation);
  expect(status).toBe(situation.probe + situation.copy);
  expect(stderr).toContain("s: store objects does not take copies");
  expect(stderr).toContain(situation.says);
});

test("another run at the store is not waited for", () => {
  expect(verify({ copy: 75 })).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("note: another run copies to store objects"),
  });
});

describe("a machine that replaces another", () => {
  const mark = join(directory, "locks", "takes-over");
  const run = (text: string) => spawnSync("sh", ["-c", text], { encoding: "utf8" });
  const copies = ({ asked }: ReturnType<typeof verify>) => asked.filter((line) => line.includes("--newest"));

  test("takes over what the deployment allowed, once", () => {
    run(allowTakeOver(plan));
    expect(run(takeOverPending(plan)).stdout).toBe("pending\n");
    expect(copies(verify({}))).toEqual(["copy --store objects --newest --take-over"]);
    expect(existsSync(mark)).toBe(false);
    expect(run(takeOverPending(plan)).stdout).toBe("");
    expect(copies(verify({}))).toEqual(["copy --store objects --newest"]);
  });

  test("may still do so after a copy that failed", () => {
    run(allowTakeOver(plan));
    expect(verify({ copy: 73 }).status).toBe(73);
    expect(existsSync(mark)).toBe(true);
    expect(verify({}).status).toBe(0);
    expect(existsSync(mark)).toBe(false);
  });

  test("does so without a verification too", () => {
    verify({});
    run(allowTakeOver(plan));
    writeFileSync(join(directory, "asked"), "");
    expect(run(takeOverScript(plan)).status).toBe(0);
    expect(readFileSync(join(directory, "asked"), "utf8")).toBe(
      "copy --store objects --newest --take-over\n",
    );
    expect(existsSync(mark)).toBe(false);
  });
});
