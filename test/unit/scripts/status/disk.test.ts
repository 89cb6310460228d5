import { describe, test } from "vitest";
import type { Settings } from "../../../../scripts/contract/settings.ts";
import { judgeDisk } from "../../../../scripts/lib/status/judge-disk.ts";
import type { FileSystemState, ServerObservation } from "../../../../scripts/lib/status/observation.ts";
import { type Case, expectFinding } from "./findings.ts";
import { backup, database, server, settings } from "./observations.ts";

describe("7 disk", () => {
  const base: FileSystemState = {
    holdsBackups: true,
    holdsDataOf: ["shop"],
    totalBytes: 1_000_000_000,
    freeBytes: 500_000_000,
    usedPercent: 50,
  };
  const disk = (change: Partial<FileSystemState>): Partial<ServerObservation> => ({
    fileSystems: { readable: true, value: [{ ...base, ...change }] },
  });
  /** The retention of 7 days is full. The database grows by 10 MB a day. */
  const growing = database({
    backups: {
      readable: true,
      value: [10, 34, 58, 82, 106, 130, 154, 178].map((hours) =>
        backup({ hoursAgo: hours, databaseBytes: 100_000_000 - (hours / 24) * 1e7 }),
      ),
    },
  });
  /** Three days of daily backups of 1 MB. The database does not grow. */
  const young = { readable: true as const, value: [10, 34, 58].map((hours) => backup({ hoursAgo: hours })) };
  const justDeployed = {
    readable: true as const,
    value: [
      backup({ hoursAgo: 1, databaseBytes: 9_000_000 }),
      backup({ hoursAgo: 1.01, databaseBytes: 8_000_000 }),
      backup({ hoursAgo: 8_000, manifest: false }),
    ],
  };
  const withRetention = (change: Partial<Settings["retention"]>): Partial<ServerObservation> => ({
    settings: { ...settings, retention: { ...settings.retention, ...change } },
  });
  test.each<Case>([
    ["room", disk({}), "ok", "backups, data of shop: 500 MB free, 50 % used"],
    ["rather full", disk({ usedPercent: 85 }), "warning", "85 % used"],
    ["full", disk({ usedPercent: 95 }), "critical", "95 % used"],
    ["too little for a backup", disk({ freeBytes: 999_999 }), "critical", "no backup begins"],
    [
      "little, of data only",
      disk({ freeBytes: 999_999, holdsBackups: false, holdsDataOf: [] }),
      "ok",
      "free",
    ],
    ["full in years", { ...disk({ freeBytes: 9e9 }), databases: [growing] }, "ok", "full in about 900 days"],
    [
      "full in days",
      { ...disk({ freeBytes: 1e8 }), databases: [growing] },
      "warning",
      "full in about 10 days",
    ],
    [
      "filling up to seven days' backups",
      { ...disk({ freeBytes: 3.5e6 }), databases: [database({ backups: young })] },
      "warning",
      "full in about 3 days",
    ],
    [
      "two backups of a minute, beside adopted ones of a year ago",
      { ...disk({ freeBytes: 1e8 }), databases: [database({ backups: justDeployed })] },
      "ok",
      "100 MB free, 50 % used",
    ],
    [
      "room for seven days' backups",
      { ...disk({ freeBytes: 6e6 }), databases: [database({ backups: young })] },
      "ok",
      "6.0 MB free, 50 % used",
    ],
    [
      "then one a week, for eight weeks",
      {
        ...disk({ freeBytes: 7e6 }),
        ...withRetention({ weekly: 8 }),
        databases: [database({ backups: young })],
      },
      "ok",
      "full in about 19 days",
    ],
    [
      "full at once",
      { ...disk({ freeBytes: 2e7 }), databases: [growing] },
      "critical",
      "full in about 2 days",
    ],
    [
      "below a mount point of /etc/fstab that is not mounted",
      { missingMount: "/mnt/share" },
      "critical",
      "/mnt/share stands in /etc/fstab and is not mounted: no backup can run",
    ],
    ["not to be seen", { fileSystems: { readable: false, reason: "EIO" } }, "unknown", "EIO"],
  ])("%s", (_, change, level, text) => expectFinding(judgeDisk(server(change)), level, text));
});
