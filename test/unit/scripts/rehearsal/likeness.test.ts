import { expect, test } from "vitest";
import type { Cluster } from "../../../../scripts/contract/cluster.ts";
import {
  localeArguments,
  plainLocaleNote,
  refusedNote,
  refusedSettings,
  settingsOnTrial,
} from "../../../../scripts/lib/rehearsal/likeness.ts";
import { idsIn } from "../../../../scripts/lib/rehearsal/system-user.ts";
import { configurationLines } from "../../../../scripts/lib/rehearsal/trial-server.ts";
import { startTrialServer } from "../../../../scripts/lib/rehearsal/trial-start.ts";

const libc: Cluster["template"] = {
  encoding: "LATIN1",
  collate: "de_DE.iso88591",
  ctype: "C",
  provider: "c",
  providerLocale: null,
  icuRules: null,
};
const plain = ["--lc-messages=C", "--lc-monetary=C", "--lc-numeric=C", "--lc-time=C"];

test.each<[string, Partial<Cluster["template"]>, string[]]>([
  ["libc", {}, []],
  ["ICU", { provider: "i", providerLocale: "de-DE" }, ["--locale-provider=icu", "--icu-locale=de-DE"]],
  [
    "ICU with rules",
    { provider: "i", providerLocale: "de", icuRules: "&a < b" },
    ["--locale-provider=icu", "--icu-locale=de", "--icu-rules=&a < b"],
  ],
  [
    "builtin",
    { provider: "b", providerLocale: "C.UTF-8" },
    ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
  ],
])("a server is initialised like the live one: %s", (_, change, expected) => {
  expect(localeArguments({ ...libc, ...change })).toEqual([
    "--lc-collate=de_DE.iso88591",
    "--lc-ctype=C",
    ...plain,
    ...expected,
  ]);
});

const set = (name: string, value: string) => ({ name, value });

test("it gets the live server's settings, without those of libraries that only that one preloads", () => {
  const settings = [
    set("TimeZone", "Europe/Berlin"),
    set("cron.database_name", "app's \\ own"),
    set("auto_explain.log_min_duration", "1000"),
    set("app.tenant", "hunter2"),
  ];
  const given = settingsOnTrial({ settings }, ["pg_cron", "auto_explain"], ["pg_cron"]);
  expect(configurationLines(given).split("\n")).toEqual([
    "TimeZone = 'Europe/Berlin'",
    "cron.database_name = 'app''s \\\\ own'",
    "app.tenant = 'hunter2'",
    "",
  ]);
});

test("settings with which it does not start are left out and reported, one of an application's own without its value", async () => {
  const settings = [set("lc_time", "xx_XX"), set("TimeZone", "UTC"), set("app.key", "hunter2")];
  expect(refusedSettings(settings, 'LOG:  invalid value for parameter "lc_time": "xx_XX"')).toEqual([
    settings[0],
  ]);
  const given: string[] = [];
  const answers = [
    { code: 0, stdout: "plain\n", stderr: "" },
    { code: 1, stdout: 'parameter "lc_time" and "app.key"', stderr: "no start" },
    { code: 0, stdout: "", stderr: "" },
  ];
  const started = await startTrialServer(
    async (_, input) => {
      given.push(input);
      return answers.shift() ?? { code: 1, stdout: "", stderr: "asked too often" };
    },
    { major: 15, user: "app", template: libc, configuration: "fsync = off\n", settings },
  );
  expect(given).toEqual(["fsync = off\n", configurationLines(settings), "TimeZone = 'UTC'\n"]);
  expect(started).toEqual({
    failure: null,
    notes: [
      plainLocaleNote(libc),
      "the trial server does without the live server's lc_time = xx_XX: its image lacks what that needs",
      refusedNote(set("app.key", "")),
    ],
  });
  expect(started.notes.join()).not.toContain("hunter2");
});

test("a server that does not start for another reason says why", async () => {
  const answers = [
    { code: 0, stdout: "alike", stderr: "" },
    { code: 1, stdout: "FATAL:  could not map memory", stderr: "pg_ctl: could not start server" },
  ];
  const started = await startTrialServer(async () => answers.shift() ?? { code: 0, stdout: "", stderr: "" }, {
    major: null,
    user: "app",
    template: libc,
    configuration: "",
    settings: [set("TimeZone", "UTC")],
  });
  expect(started.failure).toBe("pg_ctl: could not start server\nFATAL:  could not map memory");
});

test.each([
  ["an unprivileged user", "Uid:\t1001\t1001\t1001\t1001\nGid:\t0\t0\t0\t0\n", "1001:0"],
  ["root", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", null],
  ["a user who may not read it", "", null],
])("as whom the live server runs: %s", (_, status, expected) => {
  expect(idsIn(status)).toBe(expected);
});
