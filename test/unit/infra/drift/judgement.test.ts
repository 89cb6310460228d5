import { describe, expect, test } from "vitest";
import { judge } from "../../../../infra/drift/judgement.ts";
import type { ResourceEvent } from "../../../../infra/drift/resource-events.ts";
import { sha256Of } from "../../../../infra/drift/texts.ts";
import type { Inputs } from "../../../../infra/pulumi-cli/engine-events.ts";
import type { Found } from "../../../../infra/remotehost/looking.ts";
import { unknownValue } from "../../../../infra/remotehost/provider/wire.ts";

const urn = "urn:pulumi:prod::database-backups::remotehost:index:File::web-1-note";

const eventOf = (
  before: Inputs | null,
  found: Inputs | null,
  desired: Inputs | null | undefined,
  more: Partial<ResourceEvent> = {},
): ResourceEvent => ({
  urn,
  deployedUrn: urn,
  type: "remotehost:index:File",
  before,
  state: before,
  found,
  desired,
  changed: false,
  operation: null,
  reasons: [],
  ...more,
});

const file = (content: string, more: Inputs = {}): Inputs => ({
  path: "/root/note",
  mode: "0600",
  owner: "root",
  group: "root",
  content,
  ...more,
});

const look = (found: Inputs | null, written: Inputs): Found => ({
  found,
  record: { urn, path: "/root/note", kind: "file", sha256: sha256Of(written) ?? "", content: "plain" },
  isAbsent: found === null,
  changedAt: new Date("2026-11-24T01:12:03Z"),
});

const [a, b, c] = [file("a\n"), file("b\n"), file("c\n")];

describe("three things decide: deployed, found, desired", () => {
  const cases: [
    string,
    Inputs | null,
    Inputs | null,
    Inputs | null | undefined,
    string | null,
    string | null,
  ][] = [
    ["all the same", a, a, a, null, null],
    ["changed by hand", a, b, a, "changed", null],
    ["the program has changed", a, a, b, null, "update"],
    ["both have changed", a, b, c, "changed", "update"],
    ["by hand, to what the program wants by now", a, b, b, null, null],
    ["taken away", a, null, a, "missing", null],
    ["taken away, and no longer wanted", a, null, null, null, null],
    ["no longer wanted", a, a, null, null, "delete"],
    ["changed by hand, and no longer wanted", a, b, null, "changed", "delete"],
    ["wanted for the first time", null, null, a, null, "create"],
    ["wanted elsewhere", a, a, file("a\n", { path: "/root/other" }), null, "replace"],
    ["changed by hand, and the program said nothing", a, b, undefined, "changed", null],
    ["as it was, and the program said nothing", a, a, undefined, null, null],
    ["a link in its place", a, { ...a, obstacle: "a symbolic link to /bin/true" }, a, "obstructed", null],
    ["another way to the server is no change", a, { ...a, connection: { key: "x" } }, a, null, null],
  ];
  test.each(cases)("%s", (_, before, found, desired, drift, pending) => {
    const judged = judge(eventOf(before, found, desired), null);
    expect(judged.drift?.change ?? null).toBe(drift);
    expect(judged.pending?.change ?? null).toBe(pending);
  });
});

test("the diff leads from what was deployed to what is on the server", () => {
  const { drift } = judge(eventOf(a, b, c), look(b, a));
  expect(drift?.diff).toBe(
    "--- /root/note\tas deployed\n+++ /root/note\ton the server\n@@ -1,1 +1,1 @@\n-a\n+b\n",
  );
  expect(drift?.changedAt).toBe("2026-11-24T01:12:03.000Z");
});

test("the look at the server outweighs the one of the preview", () => {
  expect(judge(eventOf(a, a, a), look(b, a)).drift?.diff).toContain("+b");
  expect(judge(eventOf(a, b, a), look(a, a)).drift).toBeNull();
});

describe("what the state took over from hands is drift all the same", () => {
  test("bytes that are not the ones last written", () => {
    const { drift, pending } = judge(eventOf(b, b, a), look(b, a));
    expect(drift?.diff).toContain("-a\n+b");
    expect(pending).toBeNull();
  });
  test("bytes that were last written are the program's business", () => {
    const { drift, pending } = judge(eventOf(b, b, a), look(b, b));
    expect(drift).toBeNull();
    expect(pending?.change).toBe("update");
  });
  test("a file that is gone from the server and from the state", () => {
    const gone: Found = { ...look(null, a), found: undefined };
    expect(judge(eventOf(null, null, a), gone).drift?.change).toBe("missing");
    expect(judge(eventOf(null, null, a), { ...gone, record: null }).pending?.change).toBe("create");
  });
  test("permissions, which no setting changes", () => {
    const open = { ...a, mode: "0644" };
    expect(judge(eventOf(open, open, a), look(open, a)).drift?.properties).toEqual([
      { name: "mode", before: "0600", after: "0644" },
    ]);
  });
  test("an obstacle", () => {
    const wrong = { ...a, obstacle: "a directory" };
    expect(judge(eventOf(wrong, wrong, a), look(wrong, a)).drift?.change).toBe("obstructed");
  });
});

describe("a text that may not be shown", () => {
  const [one, other] = ["1".repeat(64), "2".repeat(64)];
  const sensitive = (sha256: string): Inputs => ({ path: "/x", sensitive: true, sha256 });
  test("shows as two short digests", () => {
    const { drift } = judge(eventOf(sensitive(one), sensitive(other), sensitive(one)), null);
    expect(drift).toMatchObject({
      diff: null,
      properties: [{ name: "sha256", before: "111111111111", after: "222222222222" }],
    });
  });
  test("is never shown, even beside other content", () => {
    const leaky = (content: string): Inputs => ({ path: "/x", sensitive: true, content });
    const judged = judge(eventOf(leaky("old secret"), leaky("new secret"), leaky("old secret")), null);
    expect(JSON.stringify(judged)).not.toContain("secret");
    expect(judged.drift?.change).toBe("changed");
  });
  test("because it is no text shows as two short digests", () => {
    const found = file(`(3 bytes that cannot be shown here, sha256 ${other})`);
    const { drift } = judge(eventOf(a, found, a), null);
    expect(drift).toMatchObject({ diff: null, properties: [{ name: "sha256", after: "222222222222" }] });
  });
});

describe("a cron table", () => {
  const entry = { schedule: "0 2 * * *", user: "root", command: "/root/backup_database.sh" };
  const table = (more: Inputs = {}): Inputs => ({
    path: "/etc/cron.d/x",
    environment: { PATH: "/bin" },
    entries: [entry],
    foreignEntries: [],
    ...more,
  });
  const cron = { type: "remotehost:index:CronTable" };
  test("shows as the lines that cron reads", () => {
    const edited = table({ entries: [{ ...entry, schedule: "5 2 * * *" }] });
    const { drift } = judge(eventOf(table(), edited, table(), cron), null);
    expect(drift?.diff).toContain("-0 2 * * * root /root/backup_database.sh\n+5 2 * * * root");
    expect(drift?.properties).toEqual([]);
  });
  test("with an unknown format is shown unchanged", () => {
    const odd = table({ table: "# mine\n" });
    expect(judge(eventOf(table(), odd, table(), cron), null).drift?.diff).toContain("+# mine");
  });
  test("beside a line of root's crontab", () => {
    const twice = table({ foreignEntries: ["0 3 * * * /root/backup_database.sh"] });
    expect(judge(eventOf(table(), twice, table(), cron), null).drift?.properties).toEqual([
      { name: "foreignEntries", before: [], after: ["0 3 * * * /root/backup_database.sh"] },
    ]);
  });
  test("moves by an update", () => {
    const moved = table({ path: "/etc/cron.d/y" });
    expect(judge(eventOf(table(), table(), moved, cron), null).pending?.change).toBe("update");
  });
});

describe("a resource of another provider", () => {
  const docker = { type: "docker:index/container:Container" };
  const [running, stopped] = [
    { image: "postgres:15", mustRun: true },
    { image: "postgres:15", mustRun: false },
  ];
  test("is drift if its provider says so", () => {
    const seen = { ...docker, changed: true, operation: "update", reasons: ["mustRun"] };
    const { drift, pending } = judge(eventOf(running, stopped, running, seen), null);
    expect(drift?.properties).toEqual([{ name: "mustRun", before: true, after: false }]);
    expect(pending).toBeNull();
  });
  test("is no drift if only the spelling differs", () => {
    const seen = { ...docker, changed: true, operation: "same" };
    expect(judge(eventOf(running, { ...running, env: [] }, running, seen), null)).toEqual({
      drift: null,
      pending: null,
    });
  });
  test("with another secret is pending, though both show alike", () => {
    const secret = { envs: "[secret]" };
    const seen = { ...docker, operation: "replace", reasons: ["envs"] };
    expect(judge(eventOf(secret, secret, secret, seen), null).pending?.change).toBe("replace");
  });
  test("that only waits for another one is not pending", () => {
    const command = { ...docker, operation: "replace", reasons: ["triggers"] };
    const before = { triggers: ["1"] };
    expect(judge(eventOf(before, before, { triggers: unknownValue }, command), null).pending).toBeNull();
  });
});
