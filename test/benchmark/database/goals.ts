import { formatBytes } from "../../../scripts/lib/base/format.ts";
import { atMost, faster, type Goal, type Median, within } from "../contest.ts";
import type { Size } from "./dataset.ts";
import * as names from "./names.ts";

/** The goals. */

const memoryLimit = 100_000_000;

/** At most this much memory for any size. */
function inMemory(what: string, bytes: number): Goal {
  return {
    what,
    wanted: `≤ ${formatBytes(memoryLimit)}`,
    found: formatBytes(bytes),
    met: bytes <= memoryLimit,
  };
}

export function backupGoals(size: Size, median: Median): Goal[] {
  const ours = median(names.backup);
  const rows = median(names.backupOfRows);
  const zstd = median(names.backupByZstd);
  const handMade = median(names.handMadeBackup);
  const limit = median(names.limitOfBackup);
  const memory = inMemory(`${size} backup, memory of its largest process`, median(names.backup, "peakBytes"));
  switch (size) {
    case "8MB":
      return [
        within(`${size} backup, everything included`, ours, 1),
        within(`${size} backup, compared with the hand-made way`, ours, 0.5, handMade),
        memory,
      ];
    case "700MB":
      return [
        faster(`${size} backup, compared with the hand-made way`, ours, handMade, 1.9),
        atMost(`${size} backup, compared with the limit`, ours, limit, 3.4),
        faster(`${size} backup with manifest: rows, compared with the hand-made way`, rows, handMade, 2.2),
        atMost(`${size} backup with manifest: rows, compared with the limit`, rows, limit, 3),
        atMost(`${size} backup with compression: zstd, compared with the limit`, zstd, limit, 2.6),
        atMost(
          `${size} backup with compression: zstd, its file compared with that of gzip`,
          median(names.backupByZstd, "bytes"),
          median(names.backup, "bytes"),
          1,
        ),
        memory,
      ];
  }
}

export const statusGoals = (median: Median): Goal[] => [within("status check", median(names.status), 0.6)];

export function restoreGoals(size: Size, median: Median): Goal[] {
  const memory = inMemory(
    `${size} restore, memory of its largest process`,
    median(names.wholeRestore, "peakBytes"),
  );
  if (size !== "700MB") return [memory];
  const what = `${size} restore, compared with the bare gunzip | psql`;
  return [atMost(what, median(names.restore), median(names.handMadeRestore), 1.1), memory];
}
