import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  exitCodes,
  helpText,
  parseCommandLine,
  type Request,
  UsageError,
} from "../../../../infra/copies/command-line.ts";
import { configurationOf } from "../../../../infra/copies/configuration.ts";
import { choose, pruneAll } from "../../../../infra/copies/prune.ts";
import { pruneServer } from "../../../../infra/copies/prune-server.ts";
import { exitOf, textReport } from "../../../../infra/copies/report.ts";
import { Settings } from "../../../../scripts/contract/settings.ts";
import { copyKey, stores } from "../config/stores.ts";
import { stackPlanOf } from "../plans.ts";

const configuration = {
  servers: { web1: {}, web2: {}, db1: { copies: { objects: false, box: false } } },
  databases: { shop: {} },
  copies: { objects: stores.s3, box: stores.sftp },
  copyKey,
};
const plan = stackPlanOf(configuration);
const request: Request = { stack: "prod", store: null, only: [], dryRun: false, json: false };
const key = { COPIES_ACCESS_KEY_ID: "AKIA9", COPIES_SECRET_ACCESS_KEY: "other" };
const calm = new AbortController().signal;
const pruned = (store: string) => ({ store, exitCode: 0, decisions: [], removed: [], error: null });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "prune-server-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

test("the command line", () => {
  expect(
    parseCommandLine(["prune", "-s", "qa", "--store", "objects", "--only", "web*", "--dry-run"]),
  ).toEqual({
    ...{ stack: "qa", store: "objects", only: ["web*"], dryRun: true, json: false },
  });
  expect(parseCommandLine(["--help"])).toBe("help");
  expect(
    Math.max(
      ...helpText()
        .split("\n")
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(80);
});

test.each([
  [[], "say what: prune"],
  [["list"], "unknown: list"],
  [["prune", "web1"], "unexpected: web1"],
  [["prune", "--store="], "no value"],
  [["prune", "--force"], "--force"],
])("%j is refused", (words, text) => {
  expect(() => parseCommandLine(words)).toThrow(UsageError);
  expect(() => parseCommandLine(words)).toThrow(text);
});

test("servers without a store are left out, and names that are not there are refused", () => {
  const keys = (more: Partial<Request>) =>
    choose(plan, { ...request, ...more }).map((one) => [one.plan.key, one.stores.map(({ name }) => name)]);
  expect(keys({})).toEqual([
    ["web1", ["objects", "box"]],
    ["web2", ["objects", "box"]],
  ]);
  expect(keys({ only: ["web2"], store: "box" })).toEqual([["web2", ["box"]]]);
  expect(() => keys({ only: ["mail*"] })).toThrow("no server matches mail*; the servers: web1, web2, db1");
  expect(() => keys({ store: "objetcs" })).toThrow("there is no store objetcs; the stores: objects, box");
});

test("a store without a key and a server that fails keep no other from its turn", async () => {
  const result = await pruneAll(choose(plan, request), request, key, calm, async ({ plan, stores }) => {
    if (plan.key === "web1") throw new Error("flock is not there");
    return stores.map(({ name }) => pruned(name));
  });
  expect(result.servers.map(({ stores }) => stores.map(({ error, store }) => [store, error]))).toEqual([
    [
      ["objects", "flock is not there"],
      ["box", expect.stringContaining("COPIES_USER and COPIES_PASSWORD")],
    ],
    [
      ["objects", null],
      ["box", expect.stringContaining("no key that may delete")],
    ],
  ]);
  expect(exitOf(result)).toBe(exitCodes.failed);
});

test("a dry run asks with the servers' keys where no other is given", async () => {
  const asked: string[] = [];
  const dry = { ...request, dryRun: true };
  const result = await pruneAll(choose(plan, dry), dry, key, calm, async ({ stores }) => {
    for (const one of stores) asked.push("accessKeyId" in one ? one.accessKeyId : one.name);
    return stores.map(({ name }) => pruned(name));
  });
  expect(asked).toEqual(["AKIA9", "box", "AKIA9", "box"]);
  expect(result.withServersKeys).toEqual(["box"]);
  expect(exitOf(result)).toBe(exitCodes.done);
});

test("an interruption ends the run between two servers", async () => {
  const interruption = new AbortController();
  const result = await pruneAll(
    choose(plan, request),
    request,
    key,
    interruption.signal,
    async ({ stores }) => {
      interruption.abort();
      return stores.map(({ name }) => pruned(name));
    },
  );
  expect(result.servers).toHaveLength(1);
  expect(exitOf(result)).toBe(exitCodes.interrupted);
});

/** Stands in for the program: keeps what it was given, and prints this. */
function program(printed: string): string {
  const path = join(directory, "program.cjs");
  writeFileSync(
    path,
    `const fs = require("node:fs"), path = require("node:path");
     const settings = process.argv.at(-1);
     const home = path.dirname(settings);
     const files = fs.readdirSync(home).map((name) => [name, fs.statSync(path.join(home, name)).mode & 0o777]);
     const text = (name) => fs.readFileSync(path.join(home, name), "utf8");
     fs.writeFileSync(${JSON.stringify(join(directory, "given"))}, JSON.stringify({
       words: process.argv.slice(2, -1), home, mode: fs.statSync(home).mode & 0o777, files,
       settings: JSON.parse(text("settings.json")), secrets: text("store-objects.json"), key: text("copy-key"),
       environment: Object.keys(process.env),
     }));
     process.stderr.write("this is why\\n");
     process.stdout.write(${JSON.stringify(printed)});`,
  );
  return path;
}

const orderFor = (printed: string) => {
  const [chosen] = choose(plan, { ...request, store: "objects" });
  if (chosen === undefined) throw new Error("no server");
  return {
    ...chosen,
    ...{ id: "database-backups/prod", program: program(printed), node: process.execPath },
    ...{ rclone: "/opt/rclone", dryRun: false, signal: calm },
  };
};

test("the program gets settings that only the caller can read, and nothing of them stays", async () => {
  vi.stubEnv("TMPDIR", directory);
  vi.stubEnv("COPIES_KEY", "of another store");
  const report = { version: 1, exitCode: 0, stores: [pruned("objects")] };
  expect(await pruneServer(orderFor(JSON.stringify(report)))).toEqual(report.stores);
  const given = JSON.parse(readFileSync(join(directory, "given"), "utf8"));
  expect(given.words).toEqual(["--prune", "--json", "--settings"]);
  expect(given.mode).toBe(0o700);
  expect(Object.fromEntries(given.files)).toEqual({
    ...{ backups: 0o700, "copy-key": 0o600, "settings.json": 0o600, "store-objects.json": 0o600 },
  });
  const settings = Settings.parse(given.settings);
  expect(settings).toMatchObject({ stack: "database-backups/prod", server: "web1" });
  expect(settings.copies?.stores).toMatchObject([{ name: "objects", deletes: "server" }]);
  for (const path of [settings.paths.backups, settings.paths.log, settings.paths.locks])
    expect(path.startsWith(given.home)).toBe(true);
  expect(given.settings.copies.stores[0]).not.toHaveProperty("secretAccessKey");
  expect(JSON.stringify(given.settings)).not.toContain("hunter2");
  expect(given.key).toBe(`${copyKey}\n`);
  expect(given.environment).not.toContain("COPIES_KEY");
  expect(existsSync(given.home)).toBe(false);
  expect(readdirSync(directory).sort()).toEqual(["given", "program.cjs"]);
  expect(statSync(directory).isDirectory()).toBe(true);
});

test("a program that prints no result is an error with its own last words", async () => {
  await expect(pruneServer(orderFor("Segmentation fault"))).rejects.toThrow(
    "copy_backups gave no result: this is why [DBK-COPY-16]",
  );
});

test("an interruption reaches the program, whose result still counts and whose settings go", async () => {
  vi.stubEnv("TMPDIR", directory);
  const report = { version: 1, exitCode: 1, stores: [{ ...pruned("objects"), error: "ended by SIGTERM" }] };
  const order = orderFor("");
  const ready = join(directory, "ready");
  writeFileSync(
    order.program,
    `process.on("SIGTERM", () => { console.log(${JSON.stringify(JSON.stringify(report))}); process.exit(1); });
     require("node:fs").writeFileSync(${JSON.stringify(ready)}, "");
     setInterval(() => {}, 1000);`,
  );
  const interruption = new AbortController();
  const pruning = pruneServer({ ...order, signal: interruption.signal });
  await vi.waitUntil(() => existsSync(ready), { timeout: 30_000 });
  interruption.abort();
  expect(await pruning).toEqual(report.stores);
  expect(readdirSync(directory).sort()).toEqual(["program.cjs", "ready"]);
});

test("the configuration is read as Pulumi prints it, decrypted", () => {
  const text = (value: unknown) => JSON.stringify(value);
  const { id, plan: read } = configurationOf("acme/prod", {
    "database-backups:servers": { value: text(configuration.servers) },
    "database-backups:databases": { value: text(configuration.databases) },
    "database-backups:copies": { value: text(configuration.copies), secret: true },
    "database-backups:copyKey": { value: copyKey, secret: true },
    "docker:host": { value: "x" },
  });
  expect(id).toBe("database-backups/prod");
  expect(read).toEqual(plan);
  expect(() =>
    configurationOf("prod", { "database-backups:copies": { value: text(configuration.copies) } }),
  ).toThrow("Pulumi.prod.yaml has");
});

test("the report says the verdict first, is 80 columns wide, and lists what went and what is wrong", () => {
  const copy = (
    stamp: string,
    decision: "keep" | "remove",
    reason: string,
    state: "whole" | "foreign" = "whole",
  ) => ({
    ...{ stem: `shop_${stamp}`, database: "shop", decision, reason, bytes: 120_000_000, state },
  });
  const decisions = [
    copy(
      "20260901_020000",
      "remove",
      "older than 30 days, and no week, month or year of the retention needs it",
    ),
    copy("20261001_020000", "keep", "not ours: its marker was written with another key", "foreign"),
    copy("20261123_020000", "keep", "the newest verified one"),
  ];
  const result = {
    ...{ stack: "prod", dryRun: false, withServersKeys: [], interrupted: false },
    servers: [
      {
        server: "web1",
        stores: [
          { store: "objects", exitCode: 0, decisions, removed: ["shop_20260901_020000"], error: null },
          {
            ...pruned("box"),
            exitCode: 69,
            error: `store box (directory backups of u1@box.example.com) refuses access: ${"x ".repeat(20)}`,
          },
        ],
      },
    ],
  };
  const text = textReport(result, (_, one) => one);
  const lines = text.split("\n");
  expect(lines[0]).toBe("prod: 1 copy removed, 2 stay; 1 of 2 stores failed");
  expect(text).toContain("  objects: 1 copy removed (120 MB), 2 stay (240 MB)\n");
  expect(text).toContain("removed  shop_20260901_020000  120 MB\n");
  expect(text).toContain("stays    shop_20261001_020000");
  expect(text).not.toContain("shop_20261123_020000");
  expect(text).toContain("  box: failed: store box");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  const dry = textReport({ ...result, dryRun: true, withServersKeys: ["objects"] }, (_, one) => one);
  expect(dry).toContain("stays    shop_20261123_020000");
  expect(dry).toContain("prod: 1 copy would go, 2 stay");
});

test.each([
  ["whole", exitCodes.done],
  ["partial", exitCodes.strange],
  ["foreign", exitCodes.strange],
] as const)(
  "copies that are %s end a run with %s, so that a nightly job does not pass them over",
  (state, code) => {
    const decision = { stem: "shop_20261123_020000", database: "shop", reason: "one", bytes: 1, state };
    const stores = [{ ...pruned("objects"), decisions: [{ ...decision, decision: "keep" as const }] }];
    const result = { stack: "prod", dryRun: false, withServersKeys: [], interrupted: false };
    expect(exitOf({ ...result, servers: [{ server: "web1", stores }] })).toBe(code);
  },
);
