import type { Finding } from "../../../../scripts/contract/status-report.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import { critical, ok, warning } from "../../../../scripts/lib/status/levels.ts";
import { mailOf } from "../../../../scripts/lib/status/mail.ts";
import type { MailRecord } from "../../../../scripts/lib/status/mail-record.ts";
import { server } from "./observations.ts";

/** Status checks of two databases at given hours, and the mails that they send. */

const begun = new Date("2026-11-20T02:00:00Z");
/** The time of a check, in hours after the first one. */
export const at = (hours: number) => new Date(begun.getTime() + hours * 3_600_000);
export const none: MailRecord = { version: 1, number: 0, places: {} };
const healthy = judgeServer(server());

/** The findings of a check: of the server's disk and log, and of the backups of two databases. */
interface Wrong {
  disk?: Finding[];
  log?: Finding[];
  shop?: Finding[];
  blog?: Finding[];
}
export const full = (percent: number) => warning(`backups: ${percent} % used`, "free space");
export const fuller = (percent: number) => critical(`backups: ${percent} % used`, "free space");
export const old = (age: string) =>
  warning(`the newest backup is too old: taken 2026-11-20, ${age}`, "take one");
export const damaged = warning("an archive is damaged", "take a new one");

/** The report of a check. @param only the only checked database */
export function report(hours: number, { disk, log, shop, blog }: Wrong, only?: string) {
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
  /** The only checked database, if not all are checked. */
  only?: string;
}

/** The mails of several checks in a row, each with the hour of its check. */
export function mailsOf(
  checks: readonly Check[],
  { every = 1, record = none as MailRecord | null } = {},
): string[] {
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

/** The same check every hour. */
export const hourly = (from: number, to: number, wrong: Wrong): Check[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ at: from + index, ...wrong }));
