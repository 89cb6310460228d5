import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findPrograms } from "../../../../scripts/lib/rehearsal/trial-start.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "programs-"));
});

afterEach(() => rmSync(root, { recursive: true }));

/** A program that prints its version like PostgreSQL's programs. */
function put(path: string, version: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `#!/bin/sh\necho 'initdb (PostgreSQL) ${version}'\n`, { mode: 0o755 });
}

const debian = (major: number) => `usr/lib/postgresql/${major}/bin/initdb`;

/** The initdb for the server, out of those of an image. */
function chosen(major: string): string {
  const env = { PATH: `${join(root, "usr/bin")}:/usr/bin:/bin` };
  const script = `set -eu\n${findPrograms(root)}\ncommand -v initdb`;
  const { status, stderr, stdout } = spawnSync("sh", ["-c", script, "sh", major], { env, encoding: "utf8" });
  return status === 0 ? stdout.trim().slice(root.length + 1) : stderr.trim();
}

test("of several major versions the live server's is taken, wherever its package keeps it", () => {
  for (const major of [14, 15, 17, 18]) put(debian(major), `${major}.4 (Debian ${major}.4-1.pgdg12+1)`);
  put("usr/pgsql-16/bin/initdb", "16.9");
  put("usr/libexec/postgresql13/initdb", "13.21");
  expect(chosen("15")).toBe(debian(15));
  expect(chosen("17")).toBe(debian(17));
  expect(chosen("16")).toBe("usr/pgsql-16/bin/initdb");
  expect(chosen("13")).toBe("usr/libexec/postgresql13/initdb");
});

test("one on PATH counts only where it is of that version", () => {
  put("usr/bin/initdb", "17.5");
  put(debian(15), "15.18");
  expect(chosen("17")).toBe("usr/bin/initdb");
  expect(chosen("15")).toBe(debian(15));
  expect(chosen("")).toBe("usr/bin/initdb");
});

test("versions are told apart by the whole number, also before a release", () => {
  put(debian(1), "1.5");
  put(debian(18), "18beta2");
  put("usr/local/pgsql/bin/initdb", "180.1");
  expect(chosen("18")).toBe(debian(18));
});

test("an image without that version is no place to try a backup in", () => {
  put(debian(14), "14.9");
  expect(chosen("15")).toBe("it has no initdb of PostgreSQL 15");
  // The live server does not answer.
  expect(chosen("")).toBe(debian(14));
});

test("the words behind the version are left to what comes next", () => {
  put("usr/bin/initdb", "15.18");
  const script = `${findPrograms(root)}\necho "$@"`;
  const env = { PATH: `${join(root, "usr/bin")}:/usr/bin:/bin` };
  const words = ["-c", script, "sh", "15", "app", "UTF8"];
  expect(execFileSync("sh", words, { env, encoding: "utf8" })).toBe("app UTF8\n");
});
