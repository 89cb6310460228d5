import { describe, expect, test } from "vitest";
import type { Finding } from "../../../../scripts/contract/status-report.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import { note, ok, warning } from "../../../../scripts/lib/status/levels.ts";
import { mailOf } from "../../../../scripts/lib/status/mail.ts";
import { mailText } from "../../../../scripts/lib/status/report-text.ts";
import { at, damaged, full, fuller, hourly, mailsOf, none, old, report } from "./mail-checks.ts";
import { database, server, withFigures } from "./observations.ts";

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

  test("beside another one of the same point is mailed; a recurring one is mailed once", () => {
    const both = { shop: [damaged, old("1 h ago")] };
    const one = { shop: [damaged] };
    expect(mailsOf([one, both, one, both, one, both].map((wrong, hour) => ({ at: hour, ...wrong })))).toEqual(
      [...["0: problems", "1: problems"]],
    );
  });

  test("that becomes a note is over", () => {
    expect(
      mailsOf([
        { at: 0, disk: [full(91)] },
        { at: 1, disk: [note("small")] },
      ]),
    ).toEqual(["0: problems", "1: over disk"]);
  });
});

describe("a problem that comes and goes every hour", () => {
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
  test("are reported separately: one is over while another lasts", () => {
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

test("findings that a silent PostgreSQL hides are neither over nor forgotten", () => {
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

  test("counts from the last mail for any reason", () => {
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
