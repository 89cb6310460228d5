import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStack, type SandboxStack } from "../sandbox/stack.ts";
import { drift, driftReport, stateDigest } from "./drift-report.ts";
import { environment } from "./servers.ts";

// This port has no listener: tcpmux is privileged, unused, and never given out as a free port.
const closed = { host: "127.0.0.1", port: 1 };

let stack: SandboxStack;

beforeAll(async () => {
  const configuration = { ...environment, servers: { "web-1": closed } };
  stack = await createStack({ servers: [], configuration });
});

afterAll(() => stack?.remove());

const failing: [string, string[], NodeJS.ProcessEnv, RegExp][] = [
  ["a stack that does not exist", ["--stack", "nowhere"], {}, /no stack named 'nowhere' found/],
  ["no login", [], { PULUMI_BACKEND_URL: undefined }, /PULUMI_ACCESS_TOKEN must be set for login/],
  ["a wrong passphrase", [], { PULUMI_CONFIG_PASSPHRASE: "wrong" }, /incorrect passphrase/],
  ["a pattern that no server matches", ["--only", "db-*"], {}, /No server .* matches db-\*/],
];

test.each(failing)("%s: exit code 1 and a report that says why", async (_, words, changes, why) => {
  const before = stateDigest(stack);
  const markdown = join(stack.directory, "failing.md");
  const { code, report } = await driftReport(stack, [...words, "--markdown", markdown], changes);
  expect(code).toBe(1);
  expect(report).toMatchObject({ exitCode: 1, servers: [], failures: [expect.stringMatching(why)] });
  expect(readFileSync(markdown, "utf8")).toContain("no server was looked at");
  expect(stateDigest(stack)).toBe(before);
});

test("a server that was never deployed and cannot be reached is one that could not be looked at", async () => {
  const { code, report } = await driftReport(stack);
  expect(code, JSON.stringify(report)).toBe(1);
  expect(report.failures).toEqual([]);
  expect(report.servers).toMatchObject([
    {
      key: "web-1",
      host: "127.0.0.1",
      deployed: false,
      verdict: "unknown",
      problems: [expect.stringMatching(/refused/)],
      drift: [],
    },
  ]);
});

test("a mistake in the configuration is named with its place", async () => {
  stack.configure({ ...environment, runtime: "sytem", servers: { "web-1": closed } });
  const { code, stdout } = await drift(stack, []);
  expect(code).toBe(1);
  expect(stdout).toContain("Pulumi could not preview the stack");
  expect(stdout).toContain('database-backups:runtime: must be "pinned" or "system"');
});

test("a wrong command line prints no report, and --help nothing else", async () => {
  const wrong = await drift(stack, ["--stak", "prod"]);
  expect(wrong).toMatchObject({ code: 1, stdout: "" });
  expect(wrong.stderr).toMatch(/Unknown option '--stak'[\s\S]*npm run drift -- \[--stack STACK\]/);
  const help = await drift(stack, ["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toMatch(/^npm run drift -- \[--stack STACK\]/);
});

test("a file that cannot be written is an error, after the report", async () => {
  const { code, stdout, stderr } = await drift(stack, ["--markdown", "/nowhere/summary.md"]);
  expect(code).toBe(1);
  expect(stdout).toContain("Drift of the stack");
  expect(stderr).toMatch(/\/nowhere\/summary\.md/);
});
