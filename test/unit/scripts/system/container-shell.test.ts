import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InterruptedError } from "../../../../scripts/lib/base/errors.ts";
import { runInShell } from "../../../../scripts/lib/system/container-shell.ts";

/**
 * Stands in for `docker exec`, which is not the shell itself either: the container is this machine, with the first of
 * PATH's sh. Each start is noted.
 */
const docker = `#!${process.execPath}
const { spawn } = require("node:child_process");
const { appendFileSync, existsSync } = require("node:fs");
appendFileSync(process.env.STARTS, [process.pid, ...process.argv.slice(2)].join(" ") + "\\n");
if (existsSync(process.env.STARTS + ".refused")) {
  console.error("Error response from daemon: No such container: db");
  process.exit(1);
}
const child = spawn("sh", { stdio: "pipe" });
process.stdin.pipe(child.stdin).on("error", () => {});
child.stdout.pipe(process.stdout);
child.stderr.pipe(process.stderr);
child.on("close", (code) => process.exit(code ?? 137));
`;

const directory = mkdtempSync(join(tmpdir(), "container-shell-"));
const starts = join(directory, "starts");
const before = { ...process.env };

beforeAll(() => {
  writeFileSync(join(directory, "docker"), docker, { mode: 0o755 });
  process.env.PATH = `${directory}:${before.PATH}`;
  process.env.STARTS = starts;
});
afterAll(() => {
  process.env.PATH = before.PATH;
  rmSync(directory, { recursive: true });
});

const started = (container: string) =>
  (existsSync(starts) ? readFileSync(starts, "utf8") : "")
    .split("\n")
    .filter((line) => line.includes(` ${container} sh`));
const program = (text: string, variables = {}, secrets = {}) => ({
  argv: ["sh", "-c", text],
  environment: variables,
  secrets,
});
const run = (container: string, text: string, input?: string) =>
  runInShell(container, program(text), input === undefined ? {} : { input });

describe.each(
  ["dash", "bash", "busybox"].filter((shell) => spawnSync(shell, ["--help"]).error === undefined),
)("in a container whose sh is %s", (shell) => {
  beforeAll(() =>
    symlinkSync(spawnSync("which", [shell], { encoding: "utf8" }).stdout.trim(), join(directory, "sh")),
  );
  afterAll(() => rmSync(join(directory, "sh")));

  test("one shell runs one program after another, each with its own variables, input and result", async () => {
    const first = await runInShell(
      shell,
      program(`cat; printf '%s' "$NAME" >&2; exit 3`, { NAME: "it's \\n\n a 'name'" }),
      { input: "'a' \\ $HOME `id`\n\"b\"" },
    );
    expect(first).toEqual({ code: 3, stdout: "'a' \\ $HOME `id`\n\"b\"", stderr: "it's \\n\n a 'name'" });
    expect(await run(shell, 'env | grep -c "^NAME="; wc -c')).toEqual({
      code: 0,
      stdout: "0\n0\n",
      stderr: "",
    });
    expect(await run(shell, "kill -KILL $$")).toMatchObject({ code: 137 });
    expect(await run(shell, "exit 0")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(started(shell)).toHaveLength(1);
  });

  test("bytes that are no UTF-8, and more than fits into a pipe, arrive as they are", async () => {
    const input = `é\udcff\udc80${"x'y\n".repeat(60_000)}`;
    expect(await run(shell, "cat", input)).toEqual({ code: 0, stdout: input, stderr: "" });
  });

  test("a program that leaves its input is judged by its own status", async () => {
    expect(await run(shell, "exit 4", "x".repeat(500_000))).toEqual({ code: 4, stdout: "", stderr: "" });
  });

  test("secrets are in nobody's arguments", async () => {
    const result = await runInShell(
      shell,
      program(
        'echo "$PGPASSWORD"; for pid in /proc/[0-9]*; do tr "\\\\0" " " <$pid/cmdline; done 2>/dev/null',
        {},
        {
          PGPASSWORD: "se'cret-of-the-database",
        },
      ),
      {},
    );
    expect(result?.stdout.split("\n")[0]).toBe("se'cret-of-the-database");
    expect(result?.stdout.split("\n").slice(1).join()).not.toContain("cret-of-the-database");
  });
});

test("programs that run side by side have a shell each", async () => {
  const results = await Promise.all(["sleep 0.3; echo a", "echo b"].map((text) => run("side", text)));
  expect(results.map((result) => result?.stdout)).toEqual(["a\n", "b\n"]);
  await Promise.all([run("side", "true"), run("side", "true")]);
  expect(started("side")).toHaveLength(2);
});

test("a time limit or a signal ends the program, and the next one runs in a new shell", async () => {
  await run("limits", "true");
  const late = runInShell("limits", program("sleep 60"), { timeoutSeconds: 0.2 });
  await expect(late).rejects.toThrow(/docker gave no answer within 0.2 s/);
  const controller = new AbortController();
  const begun = join(directory, "begun");
  const aborted = runInShell("limits", program(`touch ${begun}; sleep 60`), { signal: controller.signal });
  await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true);
  controller.abort(new InterruptedError("ended by SIGTERM"));
  await expect(aborted).rejects.toThrow("ended by SIGTERM");
  await expect(runInShell("limits", program("true"), { signal: controller.signal })).rejects.toThrow(
    "ended by",
  );
  expect(await run("limits", "echo there")).toMatchObject({ code: 0, stdout: "there\n" });
  expect(started("limits")).toHaveLength(3);
});

test("a shell that ended while it waited is replaced", async () => {
  await run("restarted", "true");
  process.kill(Number(started("restarted")[0]?.split(" ")[0]), "SIGKILL");
  // Its end has to come through first.
  await expect
    .poll(async () => (await run("restarted", "echo there"))?.stdout, { timeout: 20_000 })
    .toBe("there\n");
  expect(started("restarted")).toHaveLength(2);
});

test("a shell that ends in the middle of a program ends it with Docker's status: nothing is started again", async () => {
  const result = await run("stopped", 'echo begun; kill -KILL "$PPID"');
  expect(result).toMatchObject({ code: 137, stdout: "begun\n" });
  expect(started("stopped")).toHaveLength(1);
});

test("what Docker says instead of a shell is the result", async () => {
  writeFileSync(`${starts}.refused`, "");
  try {
    expect(await run("gone", "true")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("No such container"),
    });
  } finally {
    rmSync(`${starts}.refused`);
  }
});

test("a shell whose printf is a program of its own is not used, and the program is not started", async () => {
  writeFileSync(join(directory, "start"), "enable -n printf\n");
  writeFileSync(join(directory, "sh"), `#!/bin/sh\nBASH_ENV=${directory}/start exec bash\n`, {
    mode: 0o755,
  });
  const mark = join(directory, "was-started");
  try {
    expect(await run("small", `touch ${mark}`)).toBeNull();
    expect(await run("small", `touch ${mark}`)).toBeNull();
  } finally {
    rmSync(join(directory, "sh"));
  }
  expect(existsSync(mark)).toBe(false);
  expect(started("small")).toHaveLength(1);
});

test("a NUL byte is not for a shell", async () => {
  expect(await run("nul", "cat", "a\0b")).toBeNull();
});

test("a shell that waits does not keep a program from its end", () => {
  const path = join(import.meta.dirname, "../../../../scripts/lib/system/container-shell.ts");
  const text = `const { runInShell } = await import(${JSON.stringify(path)});
    console.log(JSON.stringify(await runInShell("end", { argv: ["echo", "1"], environment: {}, secrets: {} }, {})));`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", text], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '{"code":0,"stdout":"1\\n","stderr":""}\n' });
});
