import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { parseBackupName } from "../../scripts/contract/backup-names.ts";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { finalNamesAreGoodBackups, liveDatabaseIsOneOf, lookBefore, nothingIsLeft } from "./invariants.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** Wrong clocks, clocks that are set, and changes of summer time. libfaketime gives the programs the time. */

let server: FaultServer;

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", timezone: "Europe/Berlin" });
  await succeed(server.sandbox, `cp -a ${server.directory} /opt/test/kept`);
});
afterAll(() => server?.remove());
// In the far future even today's backups have expired.
afterEach(async () => {
  await server.reset();
  await succeed(server.sandbox, `cp -a /opt/test/kept/. ${server.directory}/`);
});

/** Runs a backup whose clock is `seconds` ahead (behind if negative). @returns the new archives */
async function backUpAt(seconds: number): Promise<string[]> {
  const before = (await server.audit()).files;
  const clock = `LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketime.so.1) FAKETIME=${seconds >= 0 ? "+" : ""}${seconds}s FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1`;
  const result = await server.run("backup_database", "", clock);
  expect(result.stderr).toBe("");
  expect(result.code, result.stdout).toBe(0);
  const audit = await server.audit();
  expect(audit.bad).toEqual([]);
  const made = Object.keys(audit.files).filter(
    (file) => file.endsWith(".sql.gz") && before[file] === undefined,
  );
  expect(made).toHaveLength(1);
  const [archive = ""] = made;
  const stamp = parseBackupName(archive)?.stamp ?? "";
  const iso = stamp.replace(/^(....)(..)(..)_(..)(..)(..)$/, "$1-$2-$3T$4:$5:$6Z");
  // The time of its own clock, not the machine's.
  expect(Math.abs(Date.parse(iso) - (Date.now() + seconds * 1000))).toBeLessThan(120_000);
  return made;
}

const secondsUntil = (time: string): number => Math.round((Date.parse(time) - Date.now()) / 1000);
/** The day of the next change to summer time in Berlin (last Sunday of March), at least two days from now. */
function nextSpringNight(): string {
  for (let year = new Date().getUTCFullYear(); ; year += 1) {
    const last = new Date(Date.UTC(year, 2, 31));
    last.setUTCDate(31 - last.getUTCDay());
    if (last.getTime() > Date.now() + 2 * 86_400_000) return last.toISOString().slice(0, 10);
  }
}

const hour = 3600;
const day = 24 * hour;

async function archivesNow(): Promise<string[]> {
  return Object.keys((await server.audit()).files).filter((file) => file.endsWith(".sql.gz"));
}

async function statusOf(): Promise<string> {
  return (await server.run("check_database_status", "--json")).stdout;
}

interface Case {
  fault: string;
  check: () => Promise<void>;
  /** Whether earlier backups may have expired by the wrong clock. */
  expires?: boolean;
}

const cases: Case[] = [
  {
    fault: "the clock set back an hour",
    check: async () => {
      await backUpAt(0);
      await backUpAt(-hour);
      await backUpAt(0);
      expect(await archivesNow()).toHaveLength(server.archives.length + 3);
      await backupsAreIntact(server);
    },
  },
  {
    fault: "the clock an hour ahead, and then right again",
    check: async () => {
      await backUpAt(hour);
      expect(await statusOf()).toMatch(/the newest backup is dated in the future/);
      await backUpAt(0);
      expect(await archivesNow()).toHaveLength(server.archives.length + 2);
      await backupsAreIntact(server);
    },
  },
  {
    fault: "the night in which an hour happens twice",
    check: async () => {
      // 02:30 in summer time, and one hour later 02:30 again.
      const nights = ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-10-26T02:30:00Z"];
      const made: string[] = [];
      for (const night of nights) made.push(...(await backUpAt(secondsUntil(night))));
      expect(new Set(made).size).toBe(nights.length);
      // Those of an earlier autumn are older than all of today's backups. The newest three good ones are kept.
      expect((await archivesNow()).length).toBeGreaterThanOrEqual(3);
      await backupsAreIntact(server);
    },
  },
  {
    fault: "the night in which an hour is left out",
    expires: true,
    check: async () => {
      const night = nextSpringNight();
      const nights = [`${night}T00:59:50Z`, `${night}T01:00:10Z`];
      const made: string[] = [];
      for (const night of nights) made.push(...(await backUpAt(secondsUntil(night))));
      expect(new Set(made).size).toBe(nights.length);
      const left = await archivesNow();
      expect(left).toEqual(expect.arrayContaining(made));
      expect(left.length).toBeGreaterThanOrEqual(3);
    },
  },
  {
    fault: "a file dated in the future",
    check: async () => {
      const [archive = ""] = server.archives;
      const future = `${server.directory}/${server.name}_20991231_235959.sql.gz`;
      await succeed(server.sandbox, `cp ${archive} ${future}`);
      await backUpAt(0);
      expect(await statusOf()).toMatch(/dated in the future/);
      await backUpAt(0);
      expect((await archivesNow()).length).toBe(server.archives.length + 3);
      const { files } = await server.audit();
      expect(files).toMatchObject(server.older);
    },
  },
  {
    fault: "the clock years ahead for one night, and then right again",
    expires: true,
    check: async () => {
      for (const days of [-5, -4, -3, -2, -1]) await backUpAt(days * day);
      await backUpAt(800 * day);
      // For any clock of that night keepAtLeast good backups remain, with the newest real one among them.
      const kept = await archivesNow();
      expect(kept.length).toBeGreaterThanOrEqual(server.settings.retention.keepAtLeast);
      await backUpAt(0);
      const after = await archivesNow();
      expect(after).toEqual(expect.arrayContaining(kept));
      expect((await server.audit()).bad).toEqual([]);
    },
  },
];

/** The remaining first backups are unchanged, and only expired ones are gone. */
async function olderBackupsAreUntouched(expires: boolean): Promise<void> {
  const audit = await server.audit();
  finalNamesAreGoodBackups(audit);
  for (const [file, sha256] of Object.entries(server.older)) {
    if (expires && audit.files[file] === undefined) continue;
    expect(audit.files[file], file).toBe(sha256);
  }
}

test.each(chosen("clocks", cases, 2))("$fault", async ({ fault, check, expires = false }) => {
  const before = await lookBefore(server);
  await check();
  await liveDatabaseIsOneOf(server, [before.live]);
  await backUpAt(0);
  await nothingIsLeft(server, before);
  await olderBackupsAreUntouched(expires);
  tally(fault, 1, ["names", ...(expires ? [] : (["older"] as const)), "live", "left", "works"]);
});
