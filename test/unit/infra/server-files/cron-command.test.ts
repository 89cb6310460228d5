import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { scheduleOf } from "../../../../infra/server-files/schedule.ts";
import { seed, serverPlanOf } from "../plans.ts";

/** The command that cron passes to its shell, with a launcher that prints on both streams. */

const directory = mkdtempSync(join(tmpdir(), "cron-"));
const at = (name: string) => join(directory, name);
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => {
  rmSync(directory, { recursive: true });
  mkdirSync(at("directory"), { recursive: true });
  const launcher = '#!/bin/sh\ntouch "$0.ran"\necho "printed"\necho "failed $*" >&2\nexit 1\n';
  writeFileSync(at("launcher"), launcher, { mode: 0o700 });
  writeFileSync(at("file"), "before\n");
  spawnSync("mkfifo", [at("pipe")]);
  symlinkSync("file", at("link"));
  symlinkSync("nowhere/log", at("dangling"));
  symlinkSync("loop", at("loop"));
  symlinkSync("/dev/full", at("device"));
});

/** @param before what the shell does first */
function run(
  log: string,
  mailTo: string | undefined,
  before = "",
): { mailed: string; logged: string | null } {
  const monitoring = mailTo === undefined ? {} : { mailTo };
  const plan = serverPlanOf({
    ...seed,
    monitoring,
    paths: { log: at(log), backupLauncher: at("launcher") },
  });
  const command = scheduleOf(plan).entries[0]?.command ?? "";
  const { stdout, stderr, error } = spawnSync("sh", ["-c", before + command], {
    encoding: "utf8",
    timeout: 10_000,
  });
  expect(error).toBeUndefined();
  expect(existsSync(at("launcher.ran")), "the program was started").toBe(true);
  const isFile = existsSync(at(log)) && statSync(at(log)).isFile();
  return { mailed: stdout + stderr, logged: isFile ? readFileSync(at(log), "utf8") : null };
}

const said = "failed --quiet\n";

describe.each([
  ["with nobody to mail to", undefined],
  ["with somebody to mail to", "ops@example.org"],
])("%s", (_, mailTo) => {
  test.each([
    ["file", "before\n"],
    ["link", "before\n"],
    ["to-come", ""],
  ])("what a program says goes into the log: %s", (log, before) => {
    expect(run(log, mailTo)).toEqual({
      mailed: mailTo === undefined ? "" : said,
      logged: `${before}${said}`,
    });
  });

  test.each(["directory", "pipe", "device", "dangling", "loop", "file/log", "no-directory/log"])(
    "a log that cannot be opened keeps no program from starting, and cron has what it says: %s",
    (log) => expect(run(log, mailTo)).toEqual({ mailed: said, logged: null }),
  );

  test.each([
    ["from the beginning", 0],
    ["in the middle", 20],
  ])("of a log that takes no more, %s, cron has every line that is not in it", (_, blocks) => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `  line ${index} of 100 %s \\n of \\c "it"`);
    const launcher = `#!/bin/sh\ntouch "$0.ran"\ncat ${at("lines")} >&2\n`;
    writeFileSync(at("launcher"), launcher, { mode: 0o700 });
    writeFileSync(at("lines"), [...lines, "no end of line"].join("\n"));
    // As on a full disk: the file can be opened, but a write fails.
    const { mailed, logged } = run("to-come", mailTo, `trap '' XFSZ; ulimit -f ${blocks}; `);
    const kept = new Set([...mailed.split(/\n|tee: /), ...(logged ?? "").split("\n")]);
    expect([...lines, "no end of line"].filter((line) => !kept.has(line))).toEqual([]);
    expect(logged?.length).toBeLessThanOrEqual(blocks * 1_024);
    if (mailTo === undefined) expect(mailed.split("\n").filter((line) => line.includes("error"))).toEqual([]);
  });
});
