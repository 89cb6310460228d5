const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size as people read it, powers of 1000: `8.3 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || Math.abs(value) >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

const spans: readonly [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** A duration by its two largest parts: `2 d 3 h`, `1 min 5 s`, below ten seconds `1.3 s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  let rest = Math.round(seconds);
  const parts = spans.map(([unit, size]) => {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return { unit, amount };
  });
  const first = parts.findIndex((part) => part.amount > 0);
  const shown = parts.slice(first, first + 2).filter((part) => part.amount > 0);
  return shown.map((part) => `${part.amount} ${part.unit}`).join(" ");
}

/** How long ago: `2 d 3 h ago`, or `in 5 min` for a time in the future. */
export function formatAge(time: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - time.getTime()) / 1000);
  return seconds >= 0 ? `${formatWhole(seconds)} ago` : `in ${formatWhole(-seconds)}`;
}

const formatWhole = (seconds: number): string => (seconds < 10 ? `${seconds} s` : formatDuration(seconds));

/** UTC and, beside it, the server's local time: `2026-11-22 02:00:00 UTC (03:00:00 GMT+1)`. */
export function formatTime(time: Date, timeZone?: string): string {
  const utc = `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const local = (zone: string | undefined, date: boolean) =>
    new Intl.DateTimeFormat("sv-SE", {
      ...(zone === undefined ? {} : { timeZone: zone }),
      ...(date ? { dateStyle: "short" } : {}),
      timeStyle: "medium",
    }).format(time);
  const localText = local(timeZone, true);
  if (localText === local("UTC", true)) return utc;
  const sameDay = localText.slice(0, 10) === local("UTC", true).slice(0, 10);
  const zoneName = new Intl.DateTimeFormat("en-GB", {
    ...(timeZone === undefined ? {} : { timeZone }),
    timeZoneName: "short",
  })
    .formatToParts(time)
    .find((part) => part.type === "timeZoneName")?.value;
  return `${utc} (${sameDay ? local(timeZone, false) : localText} ${zoneName ?? "local"})`;
}

/** `1,234,567`. */
export const formatNumber = (number: number): string => number.toLocaleString("en-GB");

/** `1 table`, `2 tables`. */
export const plural = (count: number, noun: string): string =>
  `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
