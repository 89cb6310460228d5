import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mailRecordName } from "../../../../scripts/contract/backup-names.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import { mailOf } from "../../../../scripts/lib/status/mail.ts";
import { readMailRecord, writeMailRecord } from "../../../../scripts/lib/status/mail-record.ts";
import { mailText } from "../../../../scripts/lib/status/report-text.ts";
import { damaged, mailsOf, none, report } from "./mail-checks.ts";
import { database, server, settings } from "./observations.ts";

describe("the record of mails", () => {
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

  test("is empty, then has what was written", () => {
    expect(readMailRecord(here)).toEqual(none);
    expect(writeMailRecord(here, record)).toBeNull();
    expect(readMailRecord(here)).toEqual(record);
  });

  test("outlives a reboot, which empties the locks' directory", () => {
    rmSync(paths.locks, { recursive: true });
    expect(readMailRecord(here)).toEqual(record);
  });

  test("is kept while the disk of the backups is full", () => {
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

  test("is unknown if it cannot be read: a problem is mailed, and so is its absence", () => {
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

  test("gives the reason of a failed write", () => {
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
