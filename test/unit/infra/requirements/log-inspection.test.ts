import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logFunction } from "../../../../infra/requirements/log-inspection.ts";

const directory = mkdtempSync(join(tmpdir(), "log-"));
const at = (name: string) => join(directory, name);
beforeAll(() => {
  writeFileSync(at("file"), "a line\n");
  mkdirSync(at("directory"));
  spawnSync("mkfifo", [at("pipe")]);
  symlinkSync("file", at("link"));
  symlinkSync("still-to-be-made", at("link-to-come"));
  symlinkSync("nowhere/log", at("dangling"));
  symlinkSync("loop", at("loop"));
  symlinkSync("/dev/full", at("device"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const problemOf = (path: string): string => {
  const script = `${logFunction}\nlog_problem "$1"`;
  const { stdout, stderr } = spawnSync("sh", ["-c", script, "sh", path], {
    encoding: "utf8",
    timeout: 10_000,
  });
  expect(stderr).toBe("");
  return stdout;
};

test.each(["file", "link", "link-to-come", "missing", "missing/deeper/log"])(
  "%s: the programs can log there",
  (name) => expect(problemOf(at(name))).toBe(""),
);

test.each([
  ["directory", "it is a directory, not a file"],
  ["pipe", "it is a fifo, not a file"],
  ["device", "it is a character special file, not a file"],
  ["dangling", "it is a link to a place that is not there"],
  ["loop", "it is a link to a place that is not there"],
  ["file/log", "file is not a directory"],
  ["dangling/log", "dangling is not a directory"],
])("%s: they cannot, because %s", (name, says) => expect(problemOf(at(name))).toContain(says));

test("nothing is made by looking", () => {
  const before = readdirSync(directory);
  for (const name of [...before, "missing", "missing/log"]) problemOf(at(name));
  expect(readdirSync(directory)).toEqual(before);
});
