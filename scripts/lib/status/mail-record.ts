import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod/mini";
import { mailRecordName } from "../../contract/backup-names.ts";
import type { Settings } from "../../contract/settings.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { replaceDurably } from "../system/durable-file.ts";

const time = z.iso.datetime();

/** The mail history of one point of a database or of the server. */
export const MailedPlace = z.object({
  /** Null for the server's points. */
  database: z.nullable(z.string()),
  /** Its level when it was last mailed. */
  level: z.string(),
  /** Each problem without its numbers, and when it was last mailed. */
  statements: z.record(z.string(), time),
  /** When a check last saw it. */
  seenAt: time,
  /** When its end was mailed; null before. */
  overAt: z.nullable(time),
  /** It came back within a day of its end. */
  cameBack: z.boolean(),
});
export type MailedPlace = z.infer<typeof MailedPlace>;

/** The mails of the status check, for the next check. */
export const MailRecord = z.object({
  version: z.literal(1),
  /** Grows with each check: of two copies the one with the larger number is later, whatever the clock says. */
  number: z.int(),
  places: z.record(z.string(), MailedPlace),
});
export type MailRecord = z.infer<typeof MailRecord>;

/**
 * Its two copies: the one beside the backups survives a reboot, and the one beside the locks can be written while the
 * disk of the backups is full.
 */
const copies = ({ paths }: Settings): string[] => [
  join(paths.backups, mailRecordName),
  join(paths.locks, "status-mail.json"),
];

const none: MailRecord = { version: 1, number: 0, places: {} };

/** The mails so far; empty if there is no record yet, null if the record cannot be read. */
export function readMailRecord(settings: Settings): MailRecord | null {
  let unreadable = false;
  const found = copies(settings).flatMap((path): MailRecord[] => {
    try {
      return [z.parse(MailRecord, JSON.parse(readFileSync(path, "utf8")))];
    } catch (error) {
      if (systemCode(error) !== "ENOENT") unreadable = true;
      return [];
    }
  });
  const [first, second] = found.sort((a, b) => b.number - a.number);
  if (first !== undefined) return second === undefined || first.number >= second.number ? first : second;
  return unreadable ? null : none;
}

/** Writes both copies. @returns why both failed; null if one was written */
export function writeMailRecord(settings: Settings, record: MailRecord): string | null {
  const problems = copies(settings).flatMap((path) => {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      replaceDurably(path, `${path}~`, `${JSON.stringify(record)}\n`);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });
  return problems.length < copies(settings).length ? null : problems.join("; ");
}
