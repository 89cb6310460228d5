import { describe, expect, it } from "vitest";
import { planCronTable } from "../../../../../infra/remotehost/provider/cron-table/plan.ts";
import {
  directoryConflict,
  planDirectory,
  planDirectoryRemoval,
} from "../../../../../infra/remotehost/provider/directory/plan.ts";
import { planFile, planFileRemoval } from "../../../../../infra/remotehost/provider/file/plan.ts";
import type { Found, Observation } from "../../../../../infra/remotehost/provider/observation.ts";
import type { PathRecord } from "../../../../../infra/remotehost/provider/records.ts";
import type { Plan } from "../../../../../infra/remotehost/provider/steps.ts";

const path = "/srv/x";
const [me, other] = ["urn:pulumi:s::p::t::me", "urn:pulumi:s::p::t::other"];
const [desiredSha256, written, foreign] = ["a".repeat(64), "b".repeat(64), "c".repeat(64)];
const permissions = { mode: "0600", owner: "root", group: "root" };
const attributes = { mode: "0600", owner: "root", ownerId: "0", group: "root", groupId: "0" };

const recordOf = (more: Partial<PathRecord> = {}): PathRecord => ({
  ...{ urn: me, path, kind: "file", sha256: desiredSha256, content: "plain" },
  ...more,
});
const holding = (sha256: string, more = {}): Found => ({
  ...{ kind: "file", attributes: { ...attributes, ...more }, links: 1, size: 1, sha256, content: null },
});
/** With a second hard link. */
const linked = (sha256: string): Found => ({
  ...{ kind: "file", attributes, links: 2, size: 1, sha256, content: null },
});
const absent: Found = { kind: "absent" };
const link: Found = { kind: "other", type: "a symbolic link to /tmp" };
const directory = (more = {}): Found => ({ kind: "directory", attributes: { ...attributes, ...more } });

const seen = (found: Found, record: PathRecord | null = null): Observation => ({ path, found, record });

/** A plan in words. An empty plan must give a reason. */
function words(plan: Plan): string {
  if (!("reason" in plan)) return plan.steps.map((step) => step.do).join(", ");
  expect(plan.reason).not.toBe("");
  return `nothing: ${plan.reason}`;
}

const right = `nothing: ${path} is already as desired`;
const notMine = `nothing: ${path} no longer belongs to this resource`;

describe("a file", () => {
  const desired = { path, sha256: desiredSha256, permissions, record: recordOf() };
  const older = recordOf({ sha256: written });
  const cases: [string, Observation, string][] = [
    ["absent", seen(absent), "write, write-record"],
    ["absent, recorded", seen(absent, recordOf()), "write"],
    ["right and recorded", seen(holding(desiredSha256), recordOf()), right],
    ["right, of nobody", seen(holding(desiredSha256), null), "write-record"],
    ["right, of another resource", seen(holding(desiredSha256), recordOf({ urn: other })), "write-record"],
    [
      "right bytes, shown from now on",
      seen(holding(desiredSha256), recordOf({ content: "sensitive" })),
      "write-record",
    ],
    ["wrong mode", seen(holding(desiredSha256, { mode: "0644" }), recordOf()), "set-permissions"],
    [
      "wrong owner",
      seen(holding(desiredSha256, { owner: "bob", ownerId: "7" }), recordOf()),
      "set-permissions",
    ],
    ["what we wrote before", seen(holding(written), older), "write, write-record"],
    [
      "what another of our resources wrote",
      seen(holding(written), { ...older, urn: other }),
      "write, write-record",
    ],
    ["edited by hand", seen(holding(foreign), recordOf()), "keep, write"],
    ["of nobody", seen(holding(foreign)), "keep, write, write-record"],
    ["a link", seen(link, recordOf()), "keep, write"],
    ["a directory", seen(directory(), recordOf()), "keep, write"],
  ];
  it.each(cases)("%s", (_, observation, expected) => {
    expect(words(planFile(observation, desired))).toBe(expected);
  });

  it("copies a file that it keeps, so that the path is never empty, and moves everything else", () => {
    expect(planFile(seen(holding(foreign)), desired).steps[0]).toEqual({ do: "keep", path, by: "copy" });
    expect(planFile(seen(link), desired).steps[0]).toEqual({ do: "keep", path, by: "move" });
  });

  it("compares an owner by number when the desired is a number", () => {
    const numbered = { ...desired, permissions: { mode: "0600", owner: "0", group: "0" } };
    expect(words(planFile(seen(holding(desiredSha256), recordOf()), numbered))).toBe(right);
  });
});

describe("a file's removal", () => {
  const cases: [string, Observation, string, number][] = [
    ["ours and untouched", seen(holding(desiredSha256), recordOf()), "remove-file, drop-record", 0],
    ["gone already", seen(absent, recordOf()), "drop-record", 0],
    ["edited by hand", seen(holding(foreign), recordOf()), "drop-record", 1],
    ["something else there", seen(directory(), recordOf()), "drop-record", 1],
    ["of another resource now", seen(holding(desiredSha256), recordOf({ urn: other })), notMine, 0],
    [
      "of another stack's resource",
      seen(holding(desiredSha256), recordOf({ urn: "urn:pulumi:b::p::t::me" })),
      notMine,
      1,
    ],
    ["of nobody", seen(holding(desiredSha256)), notMine, 1],
    ["gone, and not recorded", seen(absent), notMine, 0],
  ];
  it.each(cases)("%s", (_, observation, expected, notes) => {
    const plan = planFileRemoval(observation, me);
    expect(words(plan)).toBe(expected);
    expect(plan.notes).toHaveLength(notes);
  });
});

describe("a directory", () => {
  const record = recordOf({ kind: "directory", sha256: "", content: "none" });
  const desired = { path, permissions: { ...permissions, mode: "0700" }, record };
  const cases: [string, Observation, string][] = [
    ["absent", seen(absent), "make-directory, write-record"],
    ["there and recorded", seen(directory({ mode: "0700" }), record), right],
    ["there, of nobody", seen(directory({ mode: "0700" })), "write-record"],
    ["wrong mode", seen(directory({ mode: "0755" }), record), "set-permissions"],
    [
      "wrong group",
      seen(directory({ mode: "0700", group: "www", groupId: "33" }), record),
      "set-permissions",
    ],
    ["a file in its place", seen(holding(foreign), record), "keep, make-directory"],
  ];
  it.each(cases)("%s", (_, observation, expected) => {
    expect(words(planDirectory(observation, desired))).toBe(expected);
  });

  it("first closes the directories above root's programs, with and without a record of them", () => {
    const closing = { ...desired, keepsClosed: ["/etc", "/opt"] };
    const steps = "close-directory, close-directory";
    expect(words(planDirectory(seen(absent), closing))).toBe(`${steps}, make-directory, write-record`);
    expect(words(planDirectory(seen(directory({ mode: "0700" }), record), closing))).toBe(steps);
  });

  it("is refused for a link, because it leads to foreign data, or to the new place of ours", () => {
    expect(directoryConflict(seen(link))).toContain("a symbolic link to /tmp");
    expect(directoryConflict(seen(link, record))).toContain("a symbolic link to /tmp");
    expect(directoryConflict(seen(holding(foreign)))).toBeNull();
  });

  const removals: [string, Observation, string][] = [
    ["ours", seen(directory(), record), "remove-directory, drop-record"],
    ["gone already", seen(absent, record), "drop-record"],
    ["a file there now", seen(holding(foreign), record), "drop-record"],
    ["of another resource now", seen(directory(), { ...record, urn: other }), notMine],
  ];
  it.each(removals)("removal: %s", (_, observation, expected) => {
    expect(words(planDirectoryRemoval(observation, me))).toBe(expected);
  });
});

describe("a cron table", () => {
  const record = recordOf({ kind: "cron-table" });
  const desired = {
    path,
    sha256: desiredSha256,
    permissions,
    record,
    takesOver: ["/root/backup_database.sh"],
  };
  const ours = "# mine\n0 2 * * * /root/backup_database.sh >> /root/x.log 2>&1\n5 * * * * /bin/true\n";
  const cases: [string, Observation, string | null, string][] = [
    ["right, root has no crontab", seen(holding(desiredSha256), record), null, right],
    ["right, nothing to take over", seen(holding(desiredSha256), record), "5 * * * * /bin/true\n", right],
    ["right, a line to take over", seen(holding(desiredSha256), record), ours, "replace-crontab"],
    ["absent, a line to take over", seen(absent), ours, "write, write-record, replace-crontab"],
    [
      "wrong mode, of which cron notices no change",
      seen(holding(desiredSha256, { mode: "0644" }), record),
      null,
      "write",
    ],
    ["a second name", seen(linked(desiredSha256), record), null, "write"],
    ["a second name, of nobody", seen(linked(desiredSha256)), null, "write, write-record"],
    ["edited, with a second name", seen(linked(foreign), record), null, "keep, write"],
  ];
  it.each(cases)("%s", (_, observation, crontab, expected) => {
    expect(words(planCronTable(observation, crontab, desired))).toBe(expected);
  });

  it("leaves every other line of the crontab as it is", () => {
    expect(planCronTable(seen(holding(desiredSha256), record), ours, desired).steps).toEqual([
      { do: "replace-crontab", before: ours, after: "# mine\n5 * * * * /bin/true\n" },
    ]);
  });
});
