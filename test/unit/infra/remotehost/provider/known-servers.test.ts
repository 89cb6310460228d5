import { describe, expect, it } from "vitest";
import { KnownServers } from "../../../../../infra/remotehost/provider/known-servers.ts";
import { Patience } from "../../../../../infra/remotehost/provider/patience.ts";
import { unwrap, wrap } from "../../../../../infra/remotehost/provider/wire.ts";

const server = (key: string) => ({ key, host: `${key}.example` });

describe("what is known of the stack's servers", () => {
  const declared = () => {
    const servers = new KnownServers();
    for (const key of ["a", "old", "gone", "dead", "lost"]) servers.wasRead(key);
    servers.declare({
      servers: [server("a"), server("new"), server("first")],
      formerly: { new: "old" },
      decommissioned: { gone: "remove", dead: "forget" },
    });
    return servers;
  };

  it.each([
    ["a", "remove"],
    ["old", "remove"],
    ["gone", "remove"],
    ["dead", "forget"],
    ["lost", "refuse"],
  ])("a delete on %s: %s", (key, removal) => {
    expect(declared().removal(key)).toBe(removal);
  });

  it.each([
    ["a", "remove"],
    ["old", "refuse"],
    ["first", "refuse"],
    ["gone", "remove"],
    ["lost", "refuse"],
  ])("in a run that looks at one server alone, a delete on %s: %s", (key, removal) => {
    const servers = new KnownServers();
    servers.wasRead("first");
    servers.declare({
      servers: [server("a"), server("new"), server("first")],
      formerly: { new: "old" },
      decommissioned: { gone: "remove" },
      lookedAt: ["a"],
    });
    expect(servers.removal(key)).toBe(removal);
    expect(servers.orphans()).toEqual(["first"]);
  });

  it.each([
    ["a", true],
    ["new", true],
    ["first", false],
  ])("%s is in the state: %s", (key, expected) => {
    expect(declared().isInState(key)).toBe(expected);
  });

  it("a renamed server is held under its former key too", () => {
    const servers = declared();
    servers.setProblems("new", ["new: cron is not running"]);
    expect(servers.problems("old")).toEqual(servers.problems("new"));
    expect(servers.problems("a")).toEqual([]);
  });

  it("names undeclared servers", () => {
    expect(declared().orphans()).toEqual(["lost"]);
  });

  it("without a program every delete is meant", () => {
    const servers = new KnownServers();
    servers.wasRead("a");
    expect([servers.removal("a"), servers.orphans(), servers.isInState("b")]).toEqual(["remove", [], null]);
  });

  it("two keys of one machine are both reported", () => {
    const servers = declared();
    servers.hasMachine("a", "1");
    servers.hasMachine("new", "1");
    servers.hasMachine("first", "2");
    expect(servers.sharedMachine(server("a"))).toContain("the server a is the same machine as new");
    expect(servers.sharedMachine(server("new"))).toContain("the server new is the same machine as a");
    expect(servers.sharedMachine(server("first"))).toBeNull();
  });

  it("clones are not twins and get advice; a machine without an id can be a twin too", () => {
    const servers = declared();
    servers.hasMachine("a", "1", "boot-a");
    servers.hasMachine("new", "1", "boot-new");
    servers.hasMachine("first", "", "boot-first");
    servers.hasMachine("gone", "", "boot-first");
    expect(servers.sharedMachine(server("a"))).toBeNull();
    expect(servers.clonedMachine(server("a"))).toMatch(/same machine-id as new.*systemd-machine-id-setup/);
    expect(servers.clonedMachine(server("first"))).toBeNull();
    expect(servers.sharedMachine(server("first"))).toMatch(
      /same machine as gone\..*systemd-machine-id-setup/,
    );
  });

  it("machines without an id are not taken for one", () => {
    const servers = declared();
    servers.hasMachine("a", "");
    servers.hasMachine("new", "");
    expect(servers.sharedMachine(server("a"))).toBeNull();
  });
});

it("a failure is held back until the work of others is done", async () => {
  const patience = new Patience();
  const order: string[] = [];
  const failing = patience
    .during(() => Promise.reject(new Error("down")), true)
    .catch(() => order.push("failed"));
  const work = patience.during(() => new Promise((resolve) => setTimeout(resolve, 100)), true);
  const later = work.then(() => patience.during(async () => order.push("next step of another"), true));
  await Promise.all([failing, work.then(() => order.push("another")), later]);
  expect(order.at(-1)).toBe("failed");
});

describe("values on the wire", () => {
  const secret = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value: { deep: ["x"] },
  };
  it("lose their wrappings and get them back", () => {
    const { values, secrets, unknowns } = unwrap({ a: secret, b: [secret], c: 1 });
    expect(values).toEqual({ a: { deep: ["x"] }, b: [{ deep: ["x"] }], c: 1 });
    expect([[...secrets], [...unknowns]]).toEqual([["a", "b"], []]);
    expect(wrap({ a: values.a }, secrets)).toEqual({ a: secret });
  });
  it("leave out what is absent, at every depth", () => {
    expect(wrap({ a: undefined, b: { c: undefined, d: null }, e: [undefined, 1] })).toEqual({
      b: { d: null },
      e: [1],
    });
  });
  it("name the properties that are not known yet", () => {
    expect([...unwrap({ a: { b: ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"] } }).unknowns]).toEqual(["a"]);
  });
});
