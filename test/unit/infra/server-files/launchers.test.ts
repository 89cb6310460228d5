import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launcherText } from "../../../../infra/server-files/launchers.ts";
import { shellCommand, shellWord } from "../../../../scripts/contract/quoting.ts";

const directory = mkdtempSync(join(tmpdir(), "launchers-"));
const echo = join(directory, "echo's $(node)");

/** Any argument or path. */
const text = fc
  .string({ unit: "binary", minLength: 1, maxLength: 40 })
  .filter((value) => !/[\0\ud800-\udfff]/.test(value));
const nasty = fc.oneof(
  text,
  fc.constantFrom("'", "$(id)", "`id`", "a\nb", "\\", '"', "--", "-n", "~", "*", "!!", "a b", ";"),
);

beforeAll(() => {
  // A fake Node that prints its arguments, so that a lost one shows.
  writeFileSync(echo, '#!/bin/sh\numask\nprintf "%s\\0" "$PATH" "$NODE_OPTIONS" "$@"\n');
  chmodSync(echo, 0o700);
});
afterAll(() => rmSync(directory, { recursive: true }));

test("a launcher passes its arguments on unchanged, for any values of its own", () => {
  fc.assert(
    fc.property(nasty, nasty, fc.array(nasty, { maxLength: 4 }), (bundle, settings, words) => {
      const launcher = join(directory, "launcher");
      writeFileSync(launcher, launcherText({ node: echo, bundle, settings }));
      const { stdout } = spawnSync("sh", [launcher, ...words], {
        encoding: "utf8",
        env: { PATH: "/nowhere:/usr/bin:/bin", NODE_OPTIONS: "--inspect" },
      });
      const fixedPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
      expect(stdout).toBe(`0077\n${[fixedPath, "", bundle, "--settings", settings, ...words].join("\0")}\0`);
    }),
    { numRuns: 60 },
  );
});

test("a quoted word is one word for a real sh", () => {
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 1, maxLength: 5 }), (words) => {
      const { stdout } = spawnSync("sh", ["-c", `printf '%s\\0' ${shellCommand(...words)}`], {
        encoding: "utf8",
      });
      expect(stdout).toBe(`${words.join("\0")}\0`);
    }),
    { numRuns: 60 },
  );
});

test("a plain word stays as a person would type it, and a NUL byte is refused", () => {
  expect(shellCommand("/root/backup_database.sh", "--list")).toBe("/root/backup_database.sh --list");
  expect(shellWord("")).toBe("''");
  expect(() => shellWord("a\0b")).toThrow(RangeError);
});
