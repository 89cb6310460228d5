import { describe, expect, it } from "vitest";
import type { ContainerSeen } from "../../../../infra/requirements/database-look.ts";
import { type Inspection, parseInspection } from "../../../../infra/requirements/inspection.ts";
import type { Requirements } from "../../../../infra/requirements/requirements.ts";
import { container, database, judged, mount } from "./fit-server.ts";

const own = { cronTable: "/t", logRotation: "/r", backupLauncher: "/b", installation: "/i" };
/** The inspection of the surroundings for this output of the function. */
const looked = (said: string): Partial<Inspection> => {
  const { surroundings } = parseInspection(`surroundings:${Buffer.from(said).toString("base64")}`);
  return surroundings === undefined ? {} : { surroundings };
};
const mounted = (...mounts: ContainerSeen["mounts"]) => database({ container: { ...container, mounts } });

describe("no problem", () => {
  const system = { runtime: "system" as const };
  const node = (version: string) => ({ systemNode: { path: "/usr/bin/node", version } });
  it.each<[string, Partial<Inspection>, Partial<Requirements>, string]>([
    ["Debian", {}, {}, "x86_64"],
    ["Ubuntu", { osRelease: { ID: "ubuntu", ID_LIKE: "debian" } }, {}, "aarch64"],
    ["a relative of Debian", { osRelease: { ID: "raspbian", ID_LIKE: "debian" } }, {}, "aarch64"],
    ["a system Node", { systemNode: { path: "/usr/bin/node", version: "22.3.0" } }, system, "x86_64"],
    ["a system Node with zstd", node("22.15.0"), { ...system, zstd: true }, "x86_64"],
    ["a later one with zstd", node("24.0.0"), { ...system, zstd: true }, "x86_64"],
    ["zstd and the pinned Node", {}, { zstd: true }, "x86_64"],
    [
      "a share that is mounted as it should be",
      { directories: [{ freeBytes: 2e6, trial: { fileSystem: "cifs", said: "700 0:0\n600 0:0" } }] },
      {},
      "x86_64",
    ],
    ["a volume with a name", mounted({ ...mount, type: "volume", name: "pg" }), {}, "x86_64"],
    [
      "the parent mounted",
      mounted({ ...mount, source: "/root/app-db", destination: "/var/lib/postgresql" }),
      {},
      "x86_64",
    ],
  ])("%s", (_, seen, more, architecture) => {
    expect(judged(seen, more, architecture)).toEqual({ problems: [], notes: [] });
  });
});

describe("a problem, with what to do", () => {
  const system = { runtime: "system" as const };
  it.each<[string, Partial<Inspection>, Partial<Requirements>, RegExp]>([
    [
      "another system",
      { osRelease: { ID: "fedora", PRETTY_NAME: "Fedora 40" } },
      {},
      /\(Fedora 40\) is not supported/,
    ],
    ["commands missing", { missingCommands: ["flock", "xz"] }, {}, /missing: flock, xz\. Install/],
    ["cron not running", { cronRuns: false }, {}, /systemctl enable --now cron/],
    [
      "Docker down",
      { dockerProblem: "Cannot connect\nmore" },
      {},
      /\(Cannot connect\)\. Start it: systemctl start docker/,
    ],
    [
      "a directory in the log's place",
      { logProblem: "it is a directory, not a file" },
      { log: "/root/b.log" },
      /cannot write the log \/root\/b\.log: it is a directory, not a file\. Move it away/,
    ],
    ["no system Node", {}, system, /no node on its PATH/],
    [
      "an old system Node",
      { systemNode: { path: "/usr/bin/node", version: "18.1.0" } },
      system,
      /version 18\.1\.0/,
    ],
    [
      "a system Node that is a little too old",
      { systemNode: { path: "/usr/bin/node", version: "22.2.0" } },
      system,
      /version 22\.2\.0/,
    ],
    [
      "a system Node without zstd",
      { systemNode: { path: "/usr/bin/node", version: "22.14.0" } },
      { ...system, zstd: true },
      /version 22\.14\.0\. Install Node 22\.15 or later, which reads backups that zstd compressed, or set/,
    ],
    [
      "a later major version that got zstd later",
      { systemNode: { path: "/usr/bin/node", version: "23.7.0" } },
      { ...system, zstd: true },
      /version 23\.7\.0/,
    ],
    [
      "a stopped container",
      database({ container: { ...container, running: false, status: "exited" } }),
      {},
      /is exited\. Start it: docker start app-db/,
    ],
    [
      "a container that was backed up and is gone",
      database({ container: null, hasBackup: true }),
      {},
      /is gone/,
    ],
    [
      "a database that refuses",
      database({ answer: { ok: false, text: "FATAL: no role" } }),
      {},
      /\(FATAL: no role\)/,
    ],
    ["data inside the container", mounted(), {}, /inside the container/],
    [
      "data elsewhere",
      mounted({ ...mount, source: "/srv/pg" }),
      {},
      /is in \/srv\/pg, not in \/root\/app-db\/data/,
    ],
    [
      "too little space",
      { directories: [{ freeBytes: 999_999 }] },
      {},
      /\/root\/database_backups: 0 MB free, 1 MB required/,
    ],
    [
      "a link in place of a directory",
      { directories: [{ freeBytes: 2_000_000, link: "/mnt/big" }] },
      {},
      /database_backups is a symbolic link.*Set paths\.backups to \/mnt\/big, or .*mount --bind \/mnt\/big \/root/,
    ],
    ...(
      [
        [
          "cifs",
          "770 0:0\n660 0:0",
          /\(cifs\) ignores owner and mode.* 660 0:0.*file_mode=0600,dir_mode=0700\./,
        ],
        ["vfat", "700 0:0\n755 0:0", /fmask=0177,dmask=0077/],
        [
          "nfs4",
          "mktemp: Permission denied",
          /cannot create files as root .*Permission denied.*no_root_squash/,
        ],
        ["fuse.sshfs", "700 1000:1000\n600 1000:1000", /700 1000:1000.*umask=077/],
        ["strange", "", /no error message.*only root can read/],
      ] as const
    ).map(([fileSystem, said, expected]): [string, Partial<Inspection>, Partial<Requirements>, RegExp] => [
      `a file system of type ${fileSystem}`,
      { directories: [{ freeBytes: 2_000_000, trial: { fileSystem, said } }] },
      {},
      expected,
    ]),
    [
      "a file system that lets nothing run",
      { unrunnable: [{ path: "/opt/x", mountPoint: "/opt" }] },
      {},
      /programs in \/opt\/x cannot run: \/opt is mounted noexec.*remount,exec \/opt/,
    ],
    [
      "a directory to which everybody may write, and which no deployment can change",
      looked("held:/etc/cron.d\ndirectory:777:root:root:/etc/cron.d\nend:\n"),
      { own, log: "/l" },
      /\/etc\/cron\.d is world-writable.*chmod o-w \/etc\/cron\.d\. The deployment cannot do it/,
    ],
    ...["", "directory:755:root:root:/etc\n", "job:/etc/cron.daily/x\ndirectory:7"].map(
      (said): [string, Partial<Inspection>, Partial<Requirements>, RegExp] => [
        `a look at the surroundings that broke off after ${JSON.stringify(said)}`,
        looked(said),
        { own, log: "/l" },
        /the search for other jobs that run the backups was cut off/,
      ],
    ),
    [
      "no look at the surroundings at all",
      {},
      { own, log: "/l" },
      /the search for other jobs that run the backups was cut off/,
    ],
  ])("%s", (_, seen, more, expected) => {
    const { problems } = judged(seen, more);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it("an architecture that Node does not run on", () => {
    expect(judged({}, {}, "riscv64").problems[0]).toMatch(/riscv64 is not supported/);
  });
  it("is reported once where Docker itself is down", () => {
    expect(judged({ dockerProblem: "down", ...database({ container: null }) }).problems).toHaveLength(1);
  });
});

it.each<[string, ContainerSeen | null]>([
  ["that does not exist yet", null],
  ["of which the name is another's id", { ...container, name: "other" }],
])("a container %s is a note", (_, container) => {
  const { problems, notes } = judged(database({ container }));
  expect(problems).toEqual([]);
  expect(notes).toEqual([expect.stringContaining("app-db does not exist yet")]);
});

it("a directory to which everybody may write is a note where the deployment mends it", () => {
  const said = looked("held:/opt\ndirectory:755:root:root:/opt\ndirectory:777:root:root:/etc/cron.d\nend:\n");
  expect(judged(said, { own, log: "/l" })).toMatchObject({
    problems: [],
    notes: [
      "/etc/cron.d is world-writable (mode 777): anyone can replace programs that root runs. " +
        "pulumi up fixes it (chmod o-w). [DBK-READY-14]",
    ],
  });
});

it("a managed container at another port than the configured one is a problem once the run has had its chance", () => {
  const at = (port: number) => ({ managed: ["app"], published: { app: port } });
  expect(judged({}, at(5433)).problems).toEqual([]);
  expect(judged({}, at(5434)).problems).toEqual([
    "the container app-db does not publish PostgreSQL at 127.0.0.1:5434; publishing it needs a new container. " +
      "Back up, then docker rm -f app-db and pulumi up; the data stays. [DBK-READY-10]",
  ]);
  expect(judged({}, { ...at(5434), before: true }).problems).toEqual([]);
  const everywhere = database({ container: { ...container, published: [":5434"] } });
  expect(judged(everywhere, at(5434)).problems).toHaveLength(1);
});

it("another version of the collation's library is a note that says what to do", () => {
  const collation = { recorded: "2.31", actual: "2.36" };
  const { problems, notes } = judged(database({ answer: { ok: true, collation } }));
  expect(problems).toEqual([]);
  expect(notes).toEqual([
    "the database app_production was made with version 2.31 of its collation, and app-db has version 2.36: " +
      'indexes on text may be out of order. In it: REINDEX DATABASE "app_production"; then ALTER DATABASE ' +
      '"app_production" REFRESH COLLATION VERSION. [DBK-READY-11]',
  ]);
  const same = { recorded: "2.36", actual: "2.36" };
  expect(judged(database({ answer: { ok: true, collation: same } }))).toEqual({ problems: [], notes: [] });
});

describe("a mailer", () => {
  it.each([
    { mails: true, hasMailer: false, notes: [expect.stringContaining("/usr/sbin/sendmail")] },
    { mails: true, hasMailer: true, notes: [] },
    { mails: false, hasMailer: false, notes: [] },
  ])("is worth a note only where cron is to mail and there is none ($mails, $hasMailer)", (row) => {
    const { mails, hasMailer, notes } = row;
    expect(judged({ hasMailer }, { mails })).toEqual({ problems: [], notes });
  });
});
