import { createHash } from "node:crypto";
import { shellWord } from "../../scripts/contract/quoting.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { CronEntry } from "../remotehost/cron-table.ts";
import { cronTableText } from "../remotehost/cron-table-text.ts";
import { serverPath } from "./launchers.ts";

/** What cron is to do on a server. */
export interface Schedule {
  environment: Record<string, string>;
  entries: CronEntry[];
  /** Commands of hand-made entries that these replace. */
  takesOver: string[];
  /** sha256 of the table's text. */
  sha256: string;
}

/**
 * Appends each line to the log, or prints it where that fails. Line by line, because a cat whose write fails on a full
 * disk has read more than the one line, and what it has read is lost.
 */
const eachLine =
  'while IFS= read -r line || [ -n "$line" ]; do ' +
  `{ printf '%s\\n' "$line" >> "$log"; } 2> /dev/null || printf '%s\\n' "$line"; done`;

/**
 * The programs log by themselves and print nothing with --quiet; what nobody expected comes on standard error and goes
 * into the log. cron mails what is left to it: with somebody to mail to that is all of it, and the log has a copy.
 *
 * A shell does not start a program whose redirection fails, and waits for ever where a named pipe lies in the log's
 * place. So the program stands before the log is tried, and where nothing can be logged cron has what it says. The
 * launcher is the first word, because the subject of cron's mail is the command.
 */
function commandOf(launcher: string, log: string, mails: boolean, ...options: string[]): string {
  const program = [shellWord(launcher), "--quiet", ...options].join(" ");
  const opens = '{ [ -f "$log" ] || [ ! -e "$log" ]; } && { true >> "$log"; } 2> /dev/null';
  const append = mails ? 'tee -a "$log"' : eachLine;
  return `${program} 2>&1 > /dev/null | { log=${shellWord(log)}; ${opens} && ${append} || cat; }`;
}

/** The cron table's contents for one server. */
export function scheduleOf({ paths, backups, copies, rehearsal, monitoring }: ServerPlan): Schedule {
  const { mailTo } = monitoring;
  const mails = mailTo !== undefined;
  const environment = {
    SHELL: "/bin/sh",
    PATH: serverPath,
    ...(mailTo === undefined ? {} : { MAILTO: mailTo }),
  };
  const programs = [
    { schedule: backups.schedule, launcher: paths.backupLauncher, options: [] },
    { schedule: monitoring.schedule, launcher: paths.statusLauncher, options: mails ? ["--mail"] : [] },
    { schedule: rehearsal.schedule, launcher: paths.rehearseLauncher, options: [] },
    ...copies.map(({ name, schedule }) => ({
      schedule,
      launcher: paths.copyLauncher,
      options: ["--store", name],
    })),
  ].filter(({ schedule }) => schedule !== "never");
  const entries = programs.map(({ schedule, launcher, options }): CronEntry => {
    return { schedule, user: "root", command: commandOf(launcher, paths.log, mails, ...options) };
  });
  const text = cronTableText(environment, entries);
  return {
    environment,
    entries,
    takesOver: [...new Set(programs.map(({ launcher }) => shellWord(launcher)))],
    sha256: createHash("sha256").update(text).digest("hex"),
  };
}
