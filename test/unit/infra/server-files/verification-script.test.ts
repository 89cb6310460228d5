import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { serverPlanOf } from "../plans.ts";
import { verificationRun } from "./verification-run.ts";

const { directory, run, script } = verificationRun();

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
  /** The output of the programs: the first on stderr, the second on stdout. */
  why?: string;
  report?: string;
}

/** Runs ssh's remote command like a server's login shell, with fakes of docker and of the two programs. */
function verify({
  containers = ["library-db", "shop-db"],
  docker = 0,
  backup = 0,
  status = 0,
  why = "",
  report = "",
}: Situation) {
  script("docker", `printf '%s\\n' ${containers.join(" ")}; exit ${docker}`);
  script(
    "back up.sh",
    `echo backup "$@" >> ${directory}/asked; cat <<'E' >&2
${why}
E
echo backing up "$@"; exit ${backup}`,
  );
  script(
    "status.sh",
    `echo status "$@" >> ${directory}/asked; cat <<'E'
${report}
E
cat >> ${directory}/asked; exit ${status}`,
  );
  return run(plan);
}

test("every database is backed up, then the status is checked, and what it warns of is shown", () => {
  expect(verify({})).toMatchObject({
    code: 0,
    stdout: "library is backed up\nshop is backed up\nstatus healthy\n",
    stderr: "",
    asked: ["backup library", "backup shop", "status --quiet"],
  });
  const report = "WARNING   the disk is 86 % full\n          → free space";
  expect(verify({ status: 1, report }).stdout).toBe(`library is backed up\nshop is backed up\n${report}\n`);
});

describe("where it fails the reason comes first, alone and in ten lines,", () => {
  const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => {
    expect(stdout).toBe("");
    const lines = stderr.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(10);
    return lines;
  };
  const many = (line: string) => Array.from({ length: 300 }, (_, index) => `${line} ${index}`).join("\n");

  test("of a backup", () => {
    expect(said(verify({ backup: 69, why: "library: backup failed: a table stayed locked" }))).toEqual([
      "s: the first backup of library failed (exit code 69) [DBK-CHANGE-7]",
      "library: backup failed: a table stayed locked",
      "All of it is in /root/backup_database.log there.",
    ]);
    expect(said(verify({ backup: 1, why: many("pg_dump: error") }))[1]).toBe("pg_dump: error 0");
  });

  test("of the status check, what is critical before what is not", () => {
    const report =
      "WARNING   the disk\n          → free space\nCRITICAL  no backup\n          → make one\nWARNING   more";
    expect(said(verify({ status: 2, report }))).toEqual([
      "s: the status check finds what is critical, or unknown (exit code 2) [DBK-CHANGE-7]",
      "CRITICAL  no backup",
      "          → make one",
      expect.stringMatching(/^The whole report: ssh root@s .*status\.sh/),
    ]);
    expect(said(verify({ status: 3, report: many("the settings are wrong") }))[1]).toBe(
      "the settings are wrong 0",
    );
  });

  test("of Docker", () => {
    const lines = said(verify({ containers: ["Cannot_connect_to_the_daemon"], docker: 1 }));
    expect(lines.slice(0, 2)).toEqual([
      "s: Docker does not list its containers (exit code 1) [DBK-CHANGE-7]",
      "Cannot_connect_to_the_daemon",
    ]);
  });
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
  expect({ code, asked }).toEqual({ code: 0, asked: ["backup library", "status --quiet library"] });
  expect(stdout).toContain("there is no container shop-db yet");
});

test("with one container missing, the status of the databases that are there counts all the same", () => {
  const here = { containers: ["library-db"] };
  expect(verify(here)).toMatchObject({ code: 0, asked: ["backup library", "status --quiet library"] });
  expect(verify({ ...here, status: 2 }).code).toBe(2);
  // There is no database to judge yet, and Pulumi reports that itself.
  expect(verify({ containers: ["other"], status: 2 })).toMatchObject({ code: 0, asked: ["status --quiet"] });
});
