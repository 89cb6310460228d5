import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { StackFile } from "../../infra/deployment/stack-file.ts";
import { type CommandResult, execute, succeed } from "../../infra/local-machine/command.ts";
import { makeClone } from "../e2e/documents/clone.ts";

/** A user's copy of this repository with a configuration, into which a later version is merged. */

let parent: string;
let upstream: string;
let fork: string;

const stackFile = "Pulumi.prod.yaml";
const identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];

const git = (directory: string, ...words: string[]): Promise<CommandResult> =>
  execute(["git", "-C", directory, ...identity, ...words]);

async function committed(directory: string, message: string): Promise<void> {
  for (const words of [
    ["add", "--all"],
    ["commit", "--quiet", "--message", message],
  ]) {
    const { code, stdout, stderr } = await git(directory, ...words);
    expect(code, `${stdout}${stderr}`).toBe(0);
  }
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), "fork-"));
  [upstream, fork] = [join(parent, "upstream"), join(parent, "fork")];
  makeClone(upstream);
  await succeed(["git", "init", "--quiet", "--initial-branch=main", upstream]);
  await committed(upstream, "a version");
  await succeed(["git", "clone", "--quiet", upstream, fork]);
  // Links, as in the copied repository.
  await succeed(["cp", "--archive", join(upstream, "node_modules"), join(fork, "node_modules")]);
  // git just wrote the lock file. If they were older, they would be installed again.
  const now = new Date();
  utimesSync(join(fork, "node_modules", ".package-lock.json"), now, now);
});

afterAll(() => rmSync(parent, { recursive: true, force: true }));

test("the repository ships an empty stack file, which conflicts with no user's configuration", () => {
  expect(parse(readFileSync(join(upstream, stackFile), "utf8"))).toEqual({
    config: { "database-backups:servers": {}, "database-backups:databases": {} },
  });
});

test("with a configuration of one's own committed, a later version merges, and the checks are green", async () => {
  const path = join(fork, stackFile);
  const file = new StackFile(readFileSync(path, "utf8"), stackFile);
  file.addServer("db.example.com", { user: "deploy" });
  file.addDatabase("shop");
  writeFileSync(path, file.text());
  expect(file.text()).toContain("  database-backups:servers:\n    db.example.com:\n      user: deploy\n");
  await committed(fork, "our servers");

  edit(join(upstream, "docs", "examples", "one-server.yaml"), "# These are", "# These are later");
  edit(join(upstream, "infra", "generated", "sample-stack.ts"), "# These are", "# These are later");
  edit(join(upstream, "README.md"), "# Database backups as code", "# Database backups as code, later");
  await committed(upstream, "a later version");

  const merged = await git(fork, "pull", "--quiet", "--no-rebase", "--no-edit");
  expect(merged.code, merged.stdout + merged.stderr).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(file.text());
  expect(readFileSync(join(fork, "README.md"), "utf8")).toContain("as code, later");

  // Without this run's own variables, with which Vitest configures its children.
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|TEST$)/.test(name));
  const PATH = `${join(fork, "node_modules/node/bin")}:${process.env.PATH}`;
  const tools = { cwd: fork, env: { ...Object.fromEntries(own), PATH } };
  const check = await execute(["npm", "run", "--silent", "check"], tools);
  expect(check.code, check.stdout + check.stderr).toBe(0);
  // The tests that read the configuration, the example and the documents.
  const words = [
    "test/unit/infra/config",
    "test/unit/infra/generated",
    "test/unit/document",
    "test/unit/infra/pipeline",
  ];
  const tests = await execute(
    ["node", "node_modules/vitest/vitest.mjs", "run", "--maxWorkers=1", ...words],
    tools,
  );
  expect(tests.code, tests.stdout + tests.stderr).toBe(0);
}, 900_000);
