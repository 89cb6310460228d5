import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mailRecordName } from "../../../../scripts/contract/backup-names.ts";
import type { Finding } from "../../../../scripts/contract/status-report.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import { critical, note, ok, warning } from "../../../../scripts/lib/status/levels.ts";
import { mailOf } from "../../../../scripts/lib/status/mail.ts";
import {
  type MailRecord,
  readMailRecord,
  writeMailRecord,
} from "../../../../scripts/lib/status/mail-record.ts";
import { mailText } from "../../../../scripts/lib/status/report-text.ts";
import { database, server, settings, withFigures } from "./observations.ts";

const begun = new Date("2026-11-20T02:00:00Z");
const at = (hours: number) => new Date(begun.getTime() + hours * 3_600_000);
const none: MailRecord = { version: 1, number: 0, places: {} };
const healthy = judgeServer(server());

/** What is wrong in a check, by point: of the server's disk and log, and of the backups of two databases. */
interface Wrong {
  disk?: Finding[];
  log?: Finding[];
  shop?: Finding[];
  blog?: Finding[];
}
const full = (percent: number) => warning(`backups: ${percent} % used`, "free space");
const fuller = (percent: number) => critical(`backups: ${percent} % used`, "free space");
const old = (age: string) => warning(`the newest backup is too old: taken 2026-11-20, ${age}`, "take one");
const damaged = warning("an archive is damaged", "take a new one");

function report(hours: number, { disk, log, shop, blog }: Wrong, only?: string) {
  const [one] = healthy.databases;
  if (one === undefined) throw new Error("no database in the report");
  const point = (number: number, findings: Finding[] = [ok("fine")]) => ({
    ...{ number, level: "ok" as const, findings },
  });
  const of = (name: string, findings?: Finding[]) => ({
    ...{ ...one, name, points: { ...one.points, backup: point(5, findings) } },
  });
  return {
    ...healthy,
    checkedAt: at(hours).toISOString(),
    points: { ...healthy.points, disk: point(7, disk), log: point(8, log) },
    databases: [of("shop", shop), of("blog", blog)].filter(({ name }) => only === undefined || name === only),
  };
}

interface Check extends Wrong {
  at: number;
  /** The database that alone is looked at. */
  only?: string;
}

/** Checks one after the other: which mails there are, by the hour of their check. */
function mailsOf(checks: readonly Check[], { every = 1, record = none as MailRecord | null } = {}): string[] {
  let known = record;
  return checks.flatMap((check) => {
    const reported = report(check.at, check, check.only);
    const situation = { record: known, configured: ["shop", "blog"], nextCheck: at(check.at + every) };
    const outcome = mailOf(reported, situation);
    known = outcome.record;
    if (outcome.mail === null) return [];
    const over = outcome.mail.over.map(({ name }) => `over ${name}`);
    return [`${check.at}: ${[...over, ...(outcome.mail.problems ? ["problems"] : [])].join(", ")}`];
  });
}

const hourly = (from: number, to: number, wrong: Wrong): Check[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ at: from + index, ...wrong }));

describe("a problem", () => {
  test("that stays is mailed at once, and again a day after each mail", () => {
    expect(mailsOf(hourly(0, 50, { shop: [damaged] }))).toEqual([
      "0: problems",
      "24: problems",
      "48: problems",
    ]);
  });

  test("is mailed once more when it is over", () => {
    expect(mailsOf([...hourly(0, 3, { shop: [damaged] }), ...hourly(4, 60, {})])).toEqual([
      "0: problems",
      "4: over shop: backup",
    ]);
  });

  test("that lasts for days is mailed when it is over, too", () => {
    expect(mailsOf([...hourly(0, 30, { shop: [damaged] }), ...hourly(31, 33, {})])).toEqual([
      ...["0: problems", "24: problems", "31: over shop: backup"],
    ]);
  });

  test("that comes again after its end is mailed again", () => {
    const checks = [
      ...hourly(0, 0, { shop: [damaged] }),
      ...hourly(1, 40, {}),
      ...hourly(41, 42, { shop: [damaged] }),
    ];
    expect(mailsOf(checks)).toEqual(["0: problems", "1: over shop: backup", "41: problems"]);
  });

  test("with other numbers is the same", () => {
    expect(
      mailsOf([
        { at: 0, disk: [full(91)] },
        { at: 1, disk: [full(92)] },
        { at: 2, shop: [old("2 h ago")], disk: [full(92)] },
        { at: 3, shop: [old("3 h 1 min ago")], disk: [full(93)] },
      ]),
    ).toEqual(["0: problems", "2: problems"]);
  });

  test.each([
    (stem: string) => warning(`${stem} is not what was verified: it has 9 bytes, not 10`, "take one"),
    (stem: string) => warning(`3 older backups were never verified: ${stem}.sql.gz (it is cut off)`, "see"),
  ])("of another backup is another one, and of the same the same", (damage) => {
    const [first, second] = ["shop2_20261101_020000", "shop2_20261102_020000"].map(damage) as [
      Finding,
      Finding,
    ];
    const checks = [[first], [first], [first, second], [second, first], [second]];
    expect(mailsOf(checks.map((shop, hour) => ({ at: hour, shop })))).toEqual(["0: problems", "2: problems"]);
  });

  test("that becomes worse is mailed; that it becomes less bad is not", () => {
    const checks = [full, fuller, full, fuller].map((finding, hour) => ({ at: hour, disk: [finding(90)] }));
    expect(mailsOf(checks)).toEqual(["0: problems", "1: problems"]);
  });

  test("beside another one of the same point is mailed, and so is one that comes and goes there, once", () => {
    const both = { shop: [damaged, old("1 h ago")] };
    const one = { shop: [damaged] };
    expect(mailsOf([one, both, one, both, one, both].map((wrong, hour) => ({ at: hour, ...wrong })))).toEqual(
      [...["0: problems", "1: problems"]],
    );
  });

  test("that is no longer one is over: a note needs nothing done", () => {
    expect(
      mailsOf([
        { at: 0, disk: [full(91)] },
        { at: 1, disk: [note("small")] },
      ]),
    ).toEqual(["0: problems", "1: over disk"]);
  });
});

describe("what comes and goes every hour", () => {
  const flapping = Array.from({ length: 60 }, (_, hour) => ({
    ...{ at: hour, ...(hour % 2 === 0 ? { disk: [full(90)] } : {}) },
  }));

  test("is not mailed every hour, and never said to be over while it is not", () => {
    expect(mailsOf(flapping)).toEqual([
      "0: problems",
      "1: over disk",
      "2: problems",
      "26: problems",
      "50: problems",
    ]);
  });

  test("is over when it has stayed away for three hours", () => {
    expect(mailsOf([...flapping.slice(0, 11), ...hourly(11, 20, {})])).toEqual([
      ...["0: problems", "1: over disk", "2: problems", "13: over disk"],
    ]);
  });
});

describe("several databases", () => {
  test("are reported each by itself: one is over while another lasts", () => {
    const checks = [
      { at: 0, shop: [damaged], blog: [damaged] },
      { at: 1, blog: [damaged] },
      { at: 2, blog: [damaged] },
      { at: 3 },
    ];
    expect(mailsOf(checks)).toEqual([
      "0: problems",
      "1: over shop: backup, problems",
      "3: over blog: backup",
    ]);
  });

  test("that were not looked at are neither over nor forgotten", () => {
    const checks = [
      { at: 0, shop: [damaged], blog: [damaged] },
      { at: 1, shop: [damaged], only: "shop" },
      { at: 2, shop: [damaged], blog: [damaged] },
      { at: 3, shop: [damaged] },
    ];
    expect(mailsOf(checks)).toEqual(["0: problems", "3: over blog: backup, problems"]);
  });

  test("that the settings no longer have are forgotten", () => {
    const first = mailOf(report(0, { blog: [damaged] }), {
      record: none,
      configured: ["shop", "blog"],
      nextCheck: null,
    });
    const second = mailOf(report(1, {}, "shop"), {
      record: first.record,
      configured: ["shop"],
      nextCheck: null,
    });
    expect(Object.keys(first.record.places)).toEqual(["blog/backup"]);
    expect(second).toMatchObject({ mail: null, record: { places: {} } });
  });
});

test("what a silent PostgreSQL cannot tell of is neither over nor forgotten", () => {
  const slow = withFigures({ longestQuery: { pid: 7, user: "shop", seconds: 4_000 } });
  const silent = database({ postgres: { answers: false, kind: "silent", reason: "no answer in time" } });
  let known = none;
  const over = [slow, silent, slow, database()].map((seen, hour) => {
    const reported = { ...judgeServer(server({ databases: [seen] })), checkedAt: at(hour).toISOString() };
    const { mail, record } = mailOf(reported, { record: known, configured: ["shop"], nextCheck: null });
    known = record;
    return mail?.over.map(({ key }) => key).filter((key) => key === "shop/activity") ?? [];
  });
  expect(over).toEqual([[], [], [], ["shop/activity"]]);
});

describe("the time of the reminder", () => {
  const daily = (...hours: number[]) =>
    mailsOf(
      hours.map((hour) => ({ at: hour, shop: [damaged] })),
      { every: 24 },
    );

  test("is the check nearest to a day later, when cron starts it a little early", () => {
    expect(mailsOf([0, 23, 23.999, 25].map((hour) => ({ at: hour, shop: [damaged] })))).toEqual([
      ...["0: problems", "23.999: problems"],
    ]);
  });

  test("is the next day's, where the check is daily and the clocks change", () => {
    expect(daily(0, 23, 47)).toEqual(["0: problems", "23: problems", "47: problems"]);
  });

  test("counts from the last mail, whatever the mail was for", () => {
    expect(
      mailsOf([
        ...hourly(0, 9, { shop: [damaged] }),
        ...hourly(10, 40, { shop: [damaged], disk: [full(90)] }),
      ]),
    ).toEqual([...["0: problems", "10: problems", "34: problems"]]);
  });

  test("is now, when the clock was set back", () => {
    const checks = [0, -1_000, -999, -976].map((hour) => ({ at: hour, shop: [damaged] }));
    expect(mailsOf(checks)).toEqual(["0: problems", "-1000: problems", "-976: problems"]);
  });

  test("an end is reported although the clock was set back", () => {
    expect(mailsOf([{ at: 0, shop: [damaged] }, { at: -1_000 }])).toEqual([
      "0: problems",
      "-1000: over shop: backup",
    ]);
  });
});

describe("what was mailed before", () => {
  const directory = mkdtempSync(join(tmpdir(), "mail-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const paths = { ...settings.paths, backups: join(directory, "backups"), locks: join(directory, "locks") };
  const here = { ...settings, paths };
  const [kept, volatile] = [join(paths.backups, mailRecordName), join(paths.locks, "status-mail.json")];
  const record = mailOf(report(0, { shop: [damaged] }), {
    record: none,
    configured: ["shop"],
    nextCheck: null,
  }).record;

  test("is nothing, then what was written", () => {
    expect(readMailRecord(here)).toEqual(none);
    expect(writeMailRecord(here, record)).toBeNull();
    expect(readMailRecord(here)).toEqual(record);
  });

  test("outlives a reboot, which empties the locks' directory", () => {
    rmSync(paths.locks, { recursive: true });
    expect(readMailRecord(here)).toEqual(record);
  });

  test("is remembered while the backups' disk takes nothing", () => {
    rmSync(paths.backups, { recursive: true });
    writeFileSync(paths.backups, "");
    const later = { ...record, number: record.number + 1 };
    expect(writeMailRecord(here, later)).toBeNull();
    expect(readMailRecord(here)).toEqual(later);
    rmSync(paths.backups);
  });

  test("is the later copy's, although the other one could not be written", () => {
    expect(writeMailRecord(here, { ...record, number: 7 })).toBeNull();
    writeFileSync(volatile, JSON.stringify({ ...record, number: 3 }));
    expect(readMailRecord(here)?.number).toBe(7);
  });

  test("may have properties that this version does not know", () => {
    writeFileSync(volatile, JSON.stringify({ ...record, number: 9, more: [1] }));
    expect(readMailRecord(here)?.number).toBe(9);
  });

  test("is not known where it cannot be read: a problem is mailed, and that there is none too", () => {
    for (const path of [kept, volatile]) writeFileSync(path, "{");
    expect(readMailRecord(here)).toBeNull();
    expect(
      mailsOf(
        [
          { at: 0, shop: [damaged] },
          { at: 1, shop: [damaged] },
        ],
        { record: null },
      ),
    ).toEqual(["0: problems"]);
    expect(mailsOf([{ at: 0 }, { at: 1 }], { record: null })).toEqual(["0: "]);
    const whole = judgeServer(server({ databases: [database()] }));
    const { mail } = mailOf(whole, { record: null, configured: ["shop"], nextCheck: null });
    expect(mail === null ? "" : mailText(whole, mail, (_, text) => text)).toBe(
      "what was mailed before is not known\nstatus healthy",
    );
  });

  test("why it cannot be remembered", () => {
    for (const path of [paths.backups, paths.locks]) {
      rmSync(path, { recursive: true });
      writeFileSync(path, "");
    }
    expect(writeMailRecord(here, record)).toMatch(/EEXIST|ENOTDIR/);
    for (const path of [paths.backups, paths.locks]) rmSync(path);
    mkdirSync(paths.backups);
    expect(writeMailRecord(here, record)).toBeNull();
    expect(JSON.parse(readFileSync(kept, "utf8"))).toEqual(record);
  });
});

test("a mail says what is over, then what is wrong", () => {
  const { record } = mailOf(report(0, { shop: [damaged], disk: [full(90)] }), {
    ...{ record: none, configured: ["shop", "blog"], nextCheck: null },
  });
  const next = report(1, { disk: [full(91)], shop: [note("never rehearsed"), ok("fine")] });
  const { mail } = mailOf(next, { record, configured: ["shop", "blog"], nextCheck: null });
  expect(mail === null ? "" : mailText(next, mail, (_, text) => text)).toBe(
    "OVER      shop: backup: fine\nWARNING   backups: 91 % used\n          → free space",
  );
});
