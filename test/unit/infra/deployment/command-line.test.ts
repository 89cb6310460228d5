import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  helpText,
  options,
  parseCommandLine,
  type Request,
} from "../../../../infra/deployment/command-line.ts";
import { DeploymentError } from "../../../../infra/deployment/errors.ts";
import { deploymentExits, exitNumber } from "../../../../infra/deployment/exit-codes.ts";

const fingerprint = `SHA256:${"a".repeat(43)}`;
const hostKey = `ssh-ed25519 ${"A".repeat(68)}`;

function requestOf(...words: string[]): Request {
  const request = parseCommandLine(words);
  if (request === "help") throw new Error("it asks for help");
  return request;
}

test("a host alone means the stack prod, and that it asks", () => {
  expect(requestOf("cloud.cerveras.com")).toEqual({
    choice: { kind: "host", host: "cloud.cerveras.com", user: null, replaces: null },
    stack: "prod",
    databases: [],
    sshConfig: null,
    hostKey: null,
    acceptHostKey: null,
    beforeApplication: false,
    local: false,
    yes: false,
    dryRun: false,
    json: false,
  });
});

test("every option is read", () => {
  const words = [
    "deploy@new.example.org",
    "--stack",
    "org/proj/staging",
    "--replaces",
    "old",
    "--yes",
    "--json",
  ];
  const more = ["--database", "a", "--database", "b", "--ssh-config", "/c", "--host-key", hostKey, "--local"];
  expect(requestOf(...words, ...more, "--dry-run")).toMatchObject({
    choice: { kind: "host", host: "new.example.org", user: "deploy", replaces: "old" },
    stack: "org/proj/staging",
    databases: ["a", "b"],
    sshConfig: "/c",
    hostKey,
    local: true,
    yes: true,
    dryRun: true,
    json: true,
  });
  expect(requestOf("h", "--accept-host-key", fingerprint).acceptHostKey).toBe(fingerprint);
  expect(requestOf("--all").choice).toEqual({ kind: "all" });
  expect(requestOf("--only", "a*", "--only", "b").choice).toEqual({ kind: "only", patterns: ["a*", "b"] });
});

test("a relative ssh_config is meant from here, and one in the home directory stays that of every person", () => {
  expect(requestOf("h", "--ssh-config", "some/file").sshConfig).toBe(join(process.cwd(), "some/file"));
  expect(requestOf("h", "--ssh-config", "~/file").sshConfig).toBe("~/file");
});

describe("what means nothing is refused with what is wrong", () => {
  const cases: [string[], RegExp][] = [
    [[], /HOST is missing/],
    [["a", "b"], /one HOST at a time/],
    [["a", "--all"], /exclude each other/],
    [["--all", "--only", "x"], /exclude each other/],
    [["--all", "--replaces", "x"], /--replaces needs a HOST/],
    [["--only", "x", "--host-key", hostKey], /--host-key needs a HOST/],
    [["a", "--stak", "x"], /--stak/],
    [["a", "--stack"], /--stack/],
    [["a", "--stack", "a b"], /--stack: "a b" is not the name of a stack/],
    [["a", "--host-key", "nonsense"], /--host-key: "nonsense" is not/],
    [["a", "--accept-host-key", "MD5:00"], /--accept-host-key: "MD5:00" is not/],
    [["a", "--host-key", hostKey, "--accept-host-key", fingerprint], /exclude each other/],
    [["-oProxyCommand=x"], /-o/],
    [["a b"], /HOST: "a b" is not/],
    [["ssh://a"], /HOST: "ssh:\/\/a" is not/],
    [["-x@a"], /-x/],
  ];
  test.each(cases)("%j", (words, text) => {
    let thrown: unknown;
    try {
      parseCommandLine(words);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(DeploymentError);
    expect(thrown).toMatchObject({ exit: "usage", message: expect.stringMatching(text) });
  });
});

test("the help names every option and every exit code, in lines that a terminal holds", () => {
  const text = helpText();
  for (const { name } of options) expect(text).toContain(`--${name}`);
  for (const [, code, meaning] of deploymentExits) expect(text).toContain(`${code}`.padEnd(5) + meaning);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(130);
  expect(parseCommandLine(["--help", "whatever", "else"])).toBe("help");
});

test("the exit codes stand in the deployment guide as they are", () => {
  const guide = readFileSync(
    join(import.meta.dirname, "../../../../docs/BACKUP_DEPLOYMENT_GUIDE.md"),
    "utf8",
  );
  for (const [, code, meaning] of deploymentExits) expect(guide).toContain(`| ${code} | ${meaning} |`);
  expect(exitNumber("notConfirmed")).toBe(77);
});
