import type { Disk, Finding } from "../../contract/status-report.ts";
import { formatBytes } from "../base/format.ts";
import { missingMountText, mountAdvice } from "../system/mounts.ts";
import { daysUntilFull, growthOf } from "./backup-growth.ts";
import { critical, ok, unknown, warning } from "./levels.ts";
import type { FileSystemState, ServerObservation } from "./observation.ts";

const fewDays = 14;
const hardlyAnyDays = 3;
/** Beyond this the estimate is not worth acting on. */
const farAway = 3_650;

/** The file systems of the backups and of the data, with the days until they are full. */
export function disksOf(server: ServerObservation): Disk[] {
  if (!server.fileSystems.readable) return [];
  return server.fileSystems.value.map((fileSystem) => ({
    holds: [
      ...(fileSystem.holdsBackups ? ["backups"] : []),
      ...fileSystem.holdsDataOf.map((name) => `data of ${name}`),
    ],
    totalBytes: fileSystem.totalBytes,
    freeBytes: fileSystem.freeBytes,
    usedPercent: fileSystem.usedPercent,
    daysUntilFull: daysOf(server, fileSystem),
  }));
}

function daysOf(server: ServerObservation, fileSystem: FileSystemState): number | null {
  const growths = server.databases.flatMap(({ settings, backups }) => {
    const growth = backups.readable ? growthOf(backups.value, server.settings.retention) : null;
    if (growth === null) return [];
    const data = fileSystem.holdsDataOf.includes(settings.name);
    return [data ? growth : { ...growth, databasePerDay: 0 }];
  });
  const left = daysUntilFull(fileSystem.freeBytes, growths, fileSystem.holdsBackups);
  return left === null || left > farAway ? null : Math.round(left * 10) / 10;
}

/** Point 7: free space on the disks, and the days until they are full. */
export function judgeDisk(server: ServerObservation): Finding[] {
  const unmounted = judgeMount(server);
  if (!server.fileSystems.readable)
    return [
      ...unmounted,
      unknown(`${server.fileSystems.reason} [DBK-STATUS-15]`, "run: df --human-readable"),
    ];
  return [...unmounted, ...disksOf(server).flatMap((disk) => judgeOne(disk, server))];
}

/** If the disk is not mounted, backups land below its mount point, where nobody will look for them. */
function judgeMount({ missingMount, settings }: ServerObservation): Finding[] {
  if (missingMount === null) return [];
  const text = missingMountText(settings.paths.backups, missingMount);
  return [critical(`${text}: no backup can run [DBK-BACKUP-2]`, mountAdvice(missingMount))];
}

function judgeOne(disk: Disk, { settings }: ServerObservation): Finding[] {
  const { monitoring, paths } = settings;
  const percent = Math.floor(disk.usedPercent);
  const days = disk.daysUntilFull === null ? "" : `, full in about ${Math.floor(disk.daysUntilFull)} days`;
  const text = `${disk.holds.join(", ")}: ${formatBytes(disk.freeBytes)} free, ${percent} % used${days}`;
  const advice = disk.holds.includes("backups")
    ? `free space, or lower the retention; see: du --human-readable ${paths.backups}`
    : "free space; see: docker system df";
  const tooFull = disk.holds.includes("backups") && disk.freeBytes < monitoring.minimumFreeBytes;
  if (tooFull) {
    const needed = formatBytes(monitoring.minimumFreeBytes);
    return [critical(`${text}: no backup begins below ${needed} [DBK-STATUS-15]`, advice)];
  }
  const full = `${text} [DBK-STATUS-15]`;
  const left = disk.daysUntilFull ?? Number.POSITIVE_INFINITY;
  if (disk.usedPercent >= monitoring.diskCriticalPercent || left < hardlyAnyDays)
    return [critical(full, advice)];
  if (disk.usedPercent >= monitoring.diskWarningPercent || left < fewDays) return [warning(full, advice)];
  return [ok(text)];
}
