import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { remoteScript } from "../../../infra/commands.ts";
import { verificationScript } from "../../../infra/verification.ts";
import { serverPlanOf } from "./plans.ts";

const directory = mkdtempSync(join(tmpdir(), "verification-"));
afterAll(() => rmSync(directory, { recursive: true }));

const script = (name: string, text: string) => {
  writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(directory, name), 0o700);
};

const plan = serverPlanOf({
  servers: { s: {} },
  databases: { library: {}, shop: {} },
  paths: { backupLauncher: join(directory, "back up.sh"), statusLauncher: join(directory, "status.sh") },
});

interface Situation {
  containers?: string[];
  docker?: number;
  backup?: number;
  status?: number;
}

/** Runs what ssh is given, as a server's login shell would, with stand-ins for docker and the two programs. */
function verify({ containers = ["library-db", "shop-db"], docker = 0, backup = 0, status = 0 }: Situation) {
  script("docker", `printf '%s\\n' ${containers.join(" ")}; exit ${docker}`);
  script("back up.sh", `echo backup "$@" >> ${directory}/asked; echo backing up "$@"; exit ${backup}`);
  script("status.sh", `echo status "$@" >> ${directory}/asked; echo the report; exit ${status}`);
  writeFileSync(join(directory, "asked"), "");
  const remote = remoteScript(verificationScript(plan));
  // sudo stands in for itself where the tests do not run as root.
  script("sudo", '[ "$1" = -n ] && shift; exec "$@"');
  const { status: code, stdout } = spawnSync("sh", ["-c", remote], {
    encoding: "utf8",
    env: { PATH: `${directory}:/usr/bin:/bin` },
  });
  return { code, stdout, asked: readFileSync(join(directory, "asked"), "utf8").trim().split("\n") };
}

test("every database is backed up, then the status is checked and its report shown", () => {
  const { code, stdout, asked } = verify({});
  expect({ code, asked }).toEqual({ code: 0, asked: ["backup library", "backup shop", "status"] });
  expect(stdout).toContain("the report");
});

test.each([
  { what: "a backup fails", situation: { backup: 1 }, code: 1, asked: 1 },
  { what: "another run holds the lock", situation: { backup: 75 }, code: 0, asked: 3 },
  { what: "the status is a warning", situation: { status: 1 }, code: 0, asked: 3 },
  { what: "the status is critical", situation: { status: 2 }, code: 2, asked: 3 },
  { what: "the status is unknown", situation: { status: 3 }, code: 3, asked: 3 },
  { what: "Docker does not answer", situation: { docker: 1 }, code: 1, asked: 1 },
])("when $what, the exit code is $code", ({ situation, code, asked }) => {
  const verified = verify(situation);
  expect({ code: verified.code, asked: verified.asked.length }).toEqual({ code, asked });
});

test("a container that is not there yet is a note, and only its own name counts", () => {
  const { code, stdout, asked } = verify({
    containers: ["library-db", "shop-db-old", "a.shop-db"],
    status: 1,
  });
  expect({ code, asked }).toEqual({ code: 0, asked: ["backup library", "status library"] });
  expect(stdout).toContain("there is no container shop-db yet");
});

test("with one container missing, the status of the databases that are there counts all the same", () => {
  const here = { containers: ["library-db"] };
  expect(verify(here)).toMatchObject({ code: 0, asked: ["backup library", "status library"] });
  expect(verify({ ...here, status: 2 }).code).toBe(2);
  // Nothing is there to be judged yet, and Pulumi says so by itself.
  expect(verify({ containers: ["other"], status: 2 })).toMatchObject({ code: 0, asked: ["status"] });
});
