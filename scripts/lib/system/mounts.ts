import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";

/** The mount points in a table of mounts, from the given column. Spaces and the like are octal there. */
const mountPoints = (table: string, column: number): string[] =>
  table
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .flatMap((line) => line.trim().split(/\s+/)[column] ?? [])
    .map((text) =>
      text.replaceAll(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8))),
    )
    .filter((path) => path.startsWith("/"))
    .map((path) => path.replace(/(?<=.)\/+$/, ""));

/**
 * The mount point above a path that should be mounted and is not; null if there is none.
 * @param fstab the text of /etc/fstab
 * @param mounted the text of /proc/self/mountinfo, in which mount points have no links
 * @param real resolves a path's links
 */
export function unmountedOnTheWay(
  path: string,
  fstab: string,
  mounted: string,
  real: (path: string) => string,
): string | null {
  const there = new Set(mountPoints(mounted, 4));
  const onTheWay = (point: string) => point !== "/" && (path === point || path.startsWith(`${point}/`));
  return mountPoints(fstab, 1).find((point) => onTheWay(point) && !there.has(real(point))) ?? null;
}

/** Resolves a path's links, as far as the path exists. */
function real(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path
    ? path
    : `${real(above).replace(/\/$/, "")}${path.slice(above.replace(/\/$/, "").length)}`;
}

/**
 * The same for this machine. If a share or disk is not mounted, files land on the disk below its mount point. Without
 * these tables, or without a line in /etc/fstab, nothing counts as missing.
 */
export function missingMount(path: string): string | null {
  try {
    const tables = [
      readFileSync("/etc/fstab", "utf8"),
      readFileSync("/proc/self/mountinfo", "utf8"),
      real,
    ] as const;
    return unmountedOnTheWay(path, ...tables) ?? unmountedOnTheWay(real(path), ...tables);
  } catch {
    return null;
  }
}

/** The problem, and the advice. */
export const missingMountText = (path: string, mountPoint: string): string =>
  `${path} is not the disk or share that it should be: ${mountPoint} stands in /etc/fstab and is not mounted`;
export const mountAdvice = (mountPoint: string): string =>
  `mount it: mount ${mountPoint}; or take its line out of /etc/fstab`;

/**
 * @throws ProgramError if the disk for a directory is not mounted: what is written would land below its mount point,
 * and what lies on the disk is not seen.
 */
export function requireMounted(directory: string): void {
  const missing = missingMount(directory);
  if (missing === null) return;
  const what = missingMountText(directory, missing);
  throw new ProgramError(`${what}; ${mountAdvice(missing)} [DBK-BACKUP-2]`, ExitCode.failed);
}
