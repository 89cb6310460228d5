import { expect, test } from "vitest";
import { addEvent, emptyPreview, type Preview } from "../../../../infra/drift/resource-events.ts";
import { replay } from "./recordings.ts";

const named = (preview: ReturnType<typeof replay>, name: string) =>
  [...preview.resources.values()].find(({ urn }) => urn.endsWith(`::${name}`));

test("a resource is seen in three places: as deployed, as found, as desired", () => {
  const preview = replay("tampered");
  expect(preview).toMatchObject({
    stack: "sandbox",
    project: "database-backups",
    complete: true,
    errors: [],
  });
  const launcher = named(preview, "web-1-backup-launcher");
  expect(launcher?.before?.mode).toBe("0700");
  expect(launcher?.found?.mode).toBe("0755");
  expect(launcher?.desired?.mode).toBe("0700");
  expect(launcher).toMatchObject({ changed: true, operation: "update", reasons: ["mode"] });
});

test("what was deleted was not found, and what differs from nothing did not change", () => {
  const preview = replay("tampered");
  expect(named(preview, "web-1-status-launcher")).toMatchObject({
    found: null,
    changed: true,
    operation: "create",
  });
  expect(named(preview, "web-1-pin-launcher")).toMatchObject({ changed: false, operation: "same" });
});

test("what the program wants for the first time was neither deployed nor found", () => {
  expect(named(replay("pending"), "web-1-ping-url")).toMatchObject({
    before: null,
    found: null,
    operation: "create",
  });
});

test("components and the stack itself are no resources of a server", () => {
  const types = new Set([...replay("clean").resources.values()].map(({ type }) => type));
  expect(types).toEqual(new Set(["remotehost:index:File", "remotehost:index:Readiness"]));
});

test("a program that fails leaves what was found, no desired state, and its message", () => {
  const preview = replay("failing");
  expect(preview.complete).toBe(false);
  expect(preview.errors).toEqual([expect.stringContaining('must be "pinned" or "system"')]);
  expect(named(preview, "web-1-backup-launcher")).toMatchObject({ changed: true, desired: undefined });
});

const resource = (inputs: object, more: object = {}) => ({
  urn: "urn:pulumi:s::p::t:index:T::web-1-thing",
  custom: true,
  inputs,
  outputs: {},
  ...more,
});

const usual = "urn:pulumi:s::p::t:index:T::web-1-thing";

/** The two events of each step: before and after it. */
function add(preview: Preview, op: string, old: object | null, desired: object | null, urn = usual): void {
  const metadata = { op, urn, type: "t:index:T", old, new: desired };
  addEvent(preview, JSON.stringify({ resourcePreEvent: { metadata } }));
  addEvent(preview, JSON.stringify({ resOutputsEvent: { metadata } }));
}

test("a replacement of several steps is one desired state", () => {
  const preview = emptyPreview();
  const [old, desired] = [resource({ path: "/a" }), resource({ path: "/b" })];
  add(preview, "refresh", old, old);
  for (const op of ["create-replacement", "replace"]) add(preview, op, old, desired);
  add(preview, "delete-replaced", old, null);
  const [seen] = preview.resources.values();
  expect(seen).toMatchObject({ operation: "replace", before: { path: "/a" }, desired: { path: "/b" } });
});

test("a replaced resource that is still to be deleted is not the one that is deployed", () => {
  const preview = emptyPreview();
  add(preview, "refresh", resource({ path: "/b" }), resource({ path: "/b" }));
  add(preview, "refresh", resource({ path: "/a" }, { delete: true }), null);
  add(preview, "delete", resource({ path: "/a" }, { delete: true }), null);
  const [seen] = preview.resources.values();
  expect(seen).toMatchObject({ before: { path: "/b" }, found: { path: "/b" }, desired: undefined });
});

test("a renamed resource is the one that was deployed under the old name", () => {
  const preview = emptyPreview();
  const old = resource({ path: "/a" }, { urn: "urn:pulumi:s::p::t:index:T::old-thing" });
  add(preview, "refresh", old, old, old.urn);
  add(preview, "same", old, resource({ path: "/a" }));
  const seen = [...preview.resources.values()];
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ deployedUrn: old.urn, before: { path: "/a" }, desired: { path: "/a" } });
});

test("a line that is no event is an error", () => {
  expect(() => addEvent(emptyPreview(), "Downloading plugin")).toThrow();
  expect(() => addEvent(emptyPreview(), '{"resOutputsEvent": {"metadata": 1}}')).toThrow();
});
