import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  allowTakeOver,
  takeOverPending,
  takeOverScript,
} from "../../../../infra/server-files/verification.ts";
import { serverPlanOf } from "../plans.ts";
import { verificationRun } from "./verification-run.ts";

const { directory, run, script } = verificationRun();

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
  return run(plan);
}

test("the store is tried, the newest backups are copied, and the status is checked last", () => {
  expect(verify({})).toMatchObject({
    code: 0,
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
  const { code, stderr } = verify(situation);
  expect(code).toBe(situation.probe + situation.copy);
  expect(stderr).toContain("s: store objects does not take copies");
  expect(stderr).toContain(situation.says);
});

test("another run at the store is not waited for", () => {
  expect(verify({ copy: 75 })).toMatchObject({
    code: 0,
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
    expect(verify({ copy: 73 }).code).toBe(73);
    expect(existsSync(mark)).toBe(true);
    expect(verify({}).code).toBe(0);
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
