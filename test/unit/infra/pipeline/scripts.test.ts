import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { execute, succeed } from "../../../../infra/local-machine/command.ts";
import { repository } from "../../../../infra/local-machine/places.ts";
import { runnerCommands } from "../../../pipeline/runner-commands.ts";

const pipeline = join(repository, "infra", "pipeline");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "database-backups-pipeline-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function stacks(...files: string[]) {
  for (const file of files) writeFileSync(join(directory, file), "");
  return execute(["bash", join(pipeline, "stacks.sh")], { cwd: directory });
}

test("the stacks are those that have a file", async () => {
  const { code, stdout } = await stacks(
    "Pulumi.yaml",
    "Pulumi.prod.yaml",
    "Pulumi.eu-1.test.yaml",
    "Pulumi.md",
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(["eu-1.test", "prod"]);
});

test("no stack at all is an error, and not an empty list that is green every night", async () => {
  const { code, stdout, stderr } = await stacks("Pulumi.yaml");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/there is no file Pulumi\.STACK\.yaml/);
});

test.each(['Pulumi.a"b.yaml', "Pulumi.$(id).yaml", "Pulumi.a b.yaml", "Pulumi.a\nb.yaml"])(
  "%j is refused",
  async (file) => {
    const { code, stdout, stderr } = await stacks("Pulumi.prod.yaml", file);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/does not name a valid stack/);
  },
);

const given = { PULUMI_BACKEND_URL: "file:///state", SSH_PRIVATE_KEY: "" };

async function key(): Promise<string> {
  const file = join(directory, "id_ed25519");
  await succeed(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "runner", "-f", file]);
  return readFileSync(file, "utf8");
}

function withCredentials(environment: Record<string, string>, ...command: string[]) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  return execute(["bash", join(pipeline, "with-credentials.sh"), ...command], { env });
}

test("the command has the key in an agent, and nowhere else", async () => {
  const look = 'ssh-add -l; env; printf "%s\\n" "$0" "$@"; exit 7';
  const text = (await key()).replaceAll("\n", "\r\n");
  const environment = { ...given, SSH_PRIVATE_KEY: text, PULUMI_ACCESS_TOKEN: "" };
  const { code, stdout } = await withCredentials(environment, "bash", "-c", look, "a b", "c");
  expect(code).toBe(7);
  expect(stdout).toMatch(/ runner \(ED25519\)/);
  expect(stdout).toMatch(/\na b\nc\n$/);
  expect(stdout).not.toMatch(/PRIVATE KEY|PULUMI_ACCESS_TOKEN/);
});

test("everything that is missing is reported at once, and the command is not run", async () => {
  const { code, stdout, stderr } = await withCredentials({}, "echo", "run");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/Set PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL.*Set SSH_PRIVATE_KEY/s);
});

test("a key that cannot be used is reported without showing it", async () => {
  const half = (await key()).split("\n").slice(1).join("\n");
  for (const text of [half, await keyWithPassphrase()]) {
    const { code, stdout, stderr } = await withCredentials(
      { ...given, SSH_PRIVATE_KEY: text },
      "echo",
      "run",
    );
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/SSH_PRIVATE_KEY cannot be used/);
    for (const line of text.split("\n").filter(({ length }) => length > 20))
      expect(stderr).not.toContain(line);
  }
});

async function keyWithPassphrase(): Promise<string> {
  const file = join(directory, "id_closed");
  await succeed(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", file]);
  return readFileSync(file, "utf8");
}

const hostile =
  'printf "##[error]a\\n x ##[add-mask]b\\n::set-output name=x::y\\r::error::c\\ncut off \\302\\205" >&2; exit 7';

function asText(environment: Record<string, string>) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  return execute(["bash", join(pipeline, "as-text.sh"), "bash", "-c", hostile], { cwd: repository, env });
}

test("what a command prints can all be seen, and is no command to GitHub's runner", async () => {
  const shown = "##[error]a\n x ##[add-mask]b\n::set-output name=x::y\\u{d}::error::c\ncut off \\u{85}";
  const elsewhere = await asText({});
  expect([elsewhere.code, elsewhere.stdout, elsewhere.stderr]).toEqual([7, shown, ""]);
  expect(runnerCommands(elsewhere.stdout)).toEqual(["error", "add-mask", "set-output"]);

  const { code, stdout } = await asText({ GITHUB_ACTIONS: "true" });
  expect(code).toBe(7);
  expect(stdout).toContain(shown);
  expect(runnerCommands(`${stdout}::notice::after it\n`)).toEqual(["notice"]);
});

test("no text can know the token that resumes the runner's commands", async () => {
  const [first, second] = [
    await asText({ GITHUB_ACTIONS: "true" }),
    await asText({ GITHUB_ACTIONS: "true" }),
  ];
  expect(first.stdout).toMatch(/^::stop-commands::[0-9a-f]{32}\n/);
  expect(first.stdout).not.toBe(second.stdout);
});
