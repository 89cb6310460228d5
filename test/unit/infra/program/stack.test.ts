import { expect, test } from "vitest";
import { copyKey, stores } from "../config/stores.ts";
import { deadFacts, seed, stackPlanOf } from "../plans.ts";
import { declareUnderMocks } from "./stack-mocks.ts";

const two = { servers: { a: {}, b: {} }, databases: { library: {}, shop: {} } };

const purposes = [
  "backups",
  "installation",
  "programs",
  "node",
  "backup-program",
  "status-program",
  "restore-program",
  "rehearse-program",
  "prune-program",
  "pin-program",
  "settings",
  "backup-launcher",
  "status-launcher",
  "restore-launcher",
  "rehearse-launcher",
  "prune-launcher",
  "pin-launcher",
  "quick-reference",
  "log-rotation",
  "cron-table",
];

const named = (key: string) => purposes.map((purpose) => `${key}-${purpose}`);

test("one server gets its whole system under its key, then its readiness", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf(seed));
  const key = "cloud.cerveras.com";
  expect(registrations.map(({ name }) => name).sort()).toEqual(
    [key, ...named(key), `${key}-readiness`].sort(),
  );
  const children = registrations.filter(({ parent }) => parent === key).map(({ name }) => name);
  expect(children.sort()).toEqual(named(key).sort());
});

test("no purpose ends like another, so that no two keys can make one name", () => {
  const all = [...purposes, "readiness", "verification", "docker"];
  expect(all.filter((one) => all.some((other) => one.endsWith(`-${other}`)))).toEqual([]);
});

test("nothing is readable by anyone but root", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf(seed));
  const modes = registrations
    .filter(({ type }) => /:(File|Directory)$/.test(type))
    .map(({ name, inputs }) => [name.replace("cloud.cerveras.com-", ""), inputs.mode]);
  expect(Object.fromEntries(modes)).toEqual({
    backups: "0700",
    installation: "0700",
    programs: "0700",
    node: "0700",
    "backup-program": "0600",
    "status-program": "0600",
    "restore-program": "0600",
    "rehearse-program": "0600",
    "prune-program": "0600",
    "pin-program": "0600",
    settings: "0600",
    "backup-launcher": "0700",
    "status-launcher": "0700",
    "restore-launcher": "0700",
    "rehearse-launcher": "0700",
    "prune-launcher": "0700",
    "pin-launcher": "0700",
    "quick-reference": "0600",
    "log-rotation": "0600",
  });
});

test("the cron table waits for everything, a launcher for its program, a program for Node", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf({ ...seed, servers: { s: {} } }));
  const needs = (name: string) => registrations.find((one) => one.name === name)?.dependencies ?? [];
  expect(needs("s-cron-table").sort()).toEqual(
    named("s")
      .filter((name) => name !== "s-cron-table")
      .filter((name) => name !== "")
      .sort(),
  );
  expect(needs("s-backup-launcher")).toEqual(
    expect.arrayContaining(["s-backup-program", "s-settings", "s-node"]),
  );
  expect(needs("s-backup-program")).toEqual(expect.arrayContaining(["s-node", "s-programs"]));
  expect(needs("s-readiness")).toEqual(expect.arrayContaining(["s-cron-table"]));
});

test("the address to report to is a file of its own, secret, and nowhere else", async () => {
  const plan = stackPlanOf({
    ...two,
    monitoring: { pingUrl: "https://ping.example/hunter2/{server}/{job}" },
  });
  const { registrations, outputs } = await declareUnderMocks(plan);
  const holding = registrations.filter(({ inputs }) => JSON.stringify(inputs).includes("hunter2"));
  expect(holding.map(({ name }) => name)).toEqual([
    "a-ping-url",
    "a-rehearsal-ping-url",
    "b-ping-url",
    "b-rehearsal-ping-url",
  ]);
  expect(holding[0]?.inputs).toMatchObject({
    path: "/opt/database-backups/ping-url",
    mode: "0600",
    content: "https://ping.example/hunter2/a/backup\n",
    sensitive: true,
  });
  expect(holding[1]?.inputs).toMatchObject({
    path: "/opt/database-backups/rehearsal-ping-url",
    content: "https://ping.example/hunter2/a/rehearsal\n",
    sensitive: true,
  });
  expect(JSON.stringify(outputs)).not.toContain("hunter2");
});

const withStores = { ...seed, servers: { s: {} }, copies: { far: stores.s3, box: stores.sftp }, copyKey };
const ofStores = ["rclone", "copy-key", "store-far", "store-box", "copy-program", "copy-launcher"];

test("a server with stores gets what copies, and its secrets are files of their own and nowhere else", async () => {
  const { registrations, outputs } = await declareUnderMocks(stackPlanOf(withStores));
  const children = registrations.filter(({ parent }) => parent === "s").map(({ name }) => name);
  expect(children.sort()).toEqual([...named("s"), ...ofStores.map((purpose) => `s-${purpose}`)].sort());
  const files = Object.fromEntries(
    registrations
      .filter(({ name }) => ofStores.includes(name.slice(2)))
      .map(({ name, inputs }) => [name.slice(2), [inputs.path, inputs.mode, inputs.sensitive ?? false]]),
  );
  expect(files).toEqual({
    rclone: ["/opt/database-backups/programs/rclone-1.75.1", "0700", false],
    "copy-key": ["/opt/database-backups/copy-key", "0600", true],
    "store-far": ["/opt/database-backups/store-far.json", "0600", true],
    "store-box": ["/opt/database-backups/store-box.json", "0600", true],
    "copy-program": ["/opt/database-backups/programs/copy_backups-999999999999.cjs", "0600", true],
    "copy-launcher": ["/root/copy_backups.sh", "0700", false],
  });
  const holding = registrations.filter(({ inputs }) =>
    /hunter2|PRIVATE KEY|0123456789abcdef/.test(JSON.stringify(inputs)),
  );
  expect(holding.map(({ name }) => name).sort()).toEqual(["s-copy-key", "s-store-box", "s-store-far"]);
  expect(JSON.stringify(outputs)).not.toMatch(/hunter2|PRIVATE KEY|0123456789abcdef/);
  const needs = (name: string) => registrations.find((one) => one.name === name)?.dependencies ?? [];
  expect(needs("s-copy-launcher")).toEqual(
    expect.arrayContaining(["s-rclone", "s-copy-key", "s-store-far", "s-copy-program", "s-settings"]),
  );
  expect(needs("s-cron-table")).toEqual(expect.arrayContaining(["s-copy-launcher", "s-rclone"]));
});

test("a server that switches its stores off gets exactly what one gets without any", async () => {
  const off = { s: { copies: { far: false, box: false } } };
  const without = await declareUnderMocks(stackPlanOf({ ...seed, servers: { s: {} } }));
  expect(await declareUnderMocks(stackPlanOf({ ...withStores, servers: off }))).toEqual(without);
  expect(JSON.stringify(without)).not.toMatch(/copies|copy_backups|copyLauncher|rclone/);
});

test("programs are not kept in the state, and a new one never overwrites the old", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf({ ...seed, servers: { s: {} } }));
  expect(registrations.find(({ name }) => name === "s-backup-program")?.inputs).toMatchObject({
    path: "/opt/database-backups/programs/backup_database-aaaaaaaaaaaa.cjs",
    source: "/programs/backup_database.cjs",
    sha256: "a".repeat(64),
    sensitive: true,
  });
});

test("every server and every database is declared, with the server's own values", async () => {
  const configuration = {
    ...two,
    servers: { a: {}, b: { databases: { shop: {} }, paths: { log: "/var/log/b.log" } } },
  };
  const { registrations } = await declareUnderMocks(stackPlanOf(configuration));
  const settings = (key: string): unknown =>
    JSON.parse(String(registrations.find(({ name }) => name === `${key}-settings`)?.inputs.content));
  expect(settings("a")).toMatchObject({ databases: [{ name: "library" }, { name: "shop" }] });
  expect(settings("b")).toMatchObject({ databases: [{ name: "shop" }], paths: { log: "/var/log/b.log" } });
});

test("readiness depends on its own server alone, and comes after the others all the same", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf(two));
  const names = registrations.map(({ name }) => name);
  for (const [key, other] of [
    ["a", "b"],
    ["b", "a"],
  ]) {
    const readiness = registrations.find(({ name }) => name === `${key}-readiness`);
    // Every cron table depends on all other resources of its server.
    expect(readiness?.dependencies).toEqual([`${key}-cron-table`]);
    expect(names.indexOf(`${key}-readiness`)).toBeGreaterThan(names.indexOf(`${other}-cron-table`));
  }
});

test.each([
  { what: "was never deployed", deployed: false, declared: ["b-readiness"] },
  { what: "is deployed", deployed: true, declared: ["b", ...named("b"), "b-readiness"] },
  { what: "may be deployed", deployed: null, declared: ["b", ...named("b"), "b-readiness"] },
])(
  "of a server that is down and $what, $declared.length resources are declared",
  async ({ deployed, declared }) => {
    const { registrations, outputs } = await declareUnderMocks(stackPlanOf(two), {
      facts: { b: deadFacts("b", deployed) },
    });
    const ofB = registrations.map(({ name }) => name).filter((name) => /^b(-|$)/.test(name));
    expect(ofB.sort()).toEqual([...declared].sort());
    expect(outputs.b?.problems).toEqual(["no answer from b"]);
    expect(registrations.map(({ name }) => name)).toEqual(expect.arrayContaining(named("a")));
  },
);

test("a server that is up and was never deployed is deployed", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf(seed), {
    facts: { "cloud.cerveras.com": { deployed: false } },
  });
  expect(registrations.map(({ name }) => name)).toEqual(expect.arrayContaining(named("cloud.cerveras.com")));
});

test("the provider learns every server, every former key and every end", async () => {
  const plan = stackPlanOf({
    servers: {
      a: { host: "h", formerly: "old" },
      b: { formerStack: "other/staging", paths: { installation: "/srv/backup" } },
    },
    databases: { library: {} },
    decommissioned: { c: "forget" },
    formerStack: "before",
  });
  const { declaration } = await declareUnderMocks(plan);
  expect(declaration).toEqual({
    servers: [
      { key: "a", host: "h", user: "root" },
      { key: "b", host: "b", user: "root" },
    ],
    formerly: { a: "old" },
    formerStacks: { a: "database-backups/before", b: "other/staging", c: "database-backups/before" },
    replaced: { a: "/opt/database-backups/replaced", b: "/srv/backup/replaced" },
    decommissioned: { c: "forget" },
    lookedAt: ["a", "b"],
    isPreview: false,
  });
});

test("a run for some servers looks at these alone, and its outputs name the others all the same", async () => {
  const { registrations, outputs, declaration } = await declareUnderMocks(stackPlanOf(two), { only: ["b"] });
  expect(registrations.filter(({ name }) => /^a\b/.test(name))).toEqual([]);
  expect(registrations.map(({ name }) => name)).toEqual(expect.arrayContaining(["b", "b-readiness"]));
  expect(declaration).toMatchObject({ servers: [{ key: "a" }, { key: "b" }], lookedAt: ["b"] });
  expect(Object.keys(outputs)).toEqual(["a", "b"]);
  expect(outputs.a).toMatchObject({ notes: [expect.stringContaining("not looked at")], problems: [] });
  expect(outputs.b).toMatchObject({ notes: [] });
});

test("a run for some servers that would be the end of others is refused", async () => {
  const declaring = declareUnderMocks(stackPlanOf(two), { only: ["b"], orphans: ["a"] });
  await expect(declaring).rejects.toThrow(
    /DATABASE_BACKUPS_SERVERS limits this run to some servers, but it also covers a;/,
  );
});

test("a deployed server that the configuration lost is refused with what to write", async () => {
  const declaring = declareUnderMocks(stackPlanOf(seed), { orphans: ["gone.example.org"] });
  await expect(declaring).rejects.toThrow(
    /gone\.example\.org is deployed[\s\S]*decommissioned:\n {4}gone\.example\.org: remove/,
  );
});

test("a renamed server's resources are known by their former names", async () => {
  const plan = stackPlanOf({ ...seed, servers: { new: { formerly: "old" } } });
  const { registrations } = await declareUnderMocks(plan);
  const former = registrations
    .filter(({ parent }) => parent === "new")
    .map(({ name, aliases }) => [name, aliases]);
  expect(Object.fromEntries(former)).toEqual(
    Object.fromEntries(named("new").map((name) => [name, [name.replace("new", "old")]])),
  );
});

test("a server with its own Node gets none, and its launchers start that one", async () => {
  const { registrations } = await declareUnderMocks(
    stackPlanOf({ servers: { s: {} }, databases: { library: {} }, runtime: "system" }),
  );
  expect(registrations.map(({ name }) => name)).not.toContain("s-node");
  expect(registrations.find(({ name }) => name === "s-backup-launcher")?.inputs.content).toContain(
    "\nexec /usr/local/bin/node /opt/database-backups/programs/backup_database-aaaaaaaaaaaa.cjs",
  );
});

test("the outputs have paths, schedule, version and commands to paste", async () => {
  const { outputs } = await declareUnderMocks(stackPlanOf(seed));
  expect(outputs["cloud.cerveras.com"]).toMatchObject({
    paths: { backups: "/root/database_backups" },
    schedule: { backup: "0 2 * * *" },
    programsVersion: "1.2.3+test",
    problems: [],
    commands: { backup: "ssh root@cloud.cerveras.com /root/backup_database.sh" },
  });
});
