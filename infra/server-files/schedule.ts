import { createHash } from "node:crypto";
import { shellWord } from "../../scripts/contract/quoting.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { CronEntry } from "../remotehost/cron-table.ts";
import { cronTableText } from "../remotehost/cron-table-text.ts";
import { serverPath } from "./launchers.ts";

/** The contents of a server's cron table. */
export interface Schedule {
  environment: Record<string, string>;
  entries: CronEntry[];
  /** Commands of hand-made entries that this table replaces. */
  takesOver: string[];
  /** sha256 of the table's text. */
  sha256: string;
}

/**
 * Appends each line to the log, or prints it if that fails. One line at a time: a cat whose write fails on a full disk
 * has already read more lines, and these would be lost.
 */
const eachLine =
  'while IFS= read -r line || [ -n "$line" ]; do ' +
  `{ printf '%s\\n' "$line" >> "$log"; } 2> /dev/null || printf '%s\\n' "$line"; done`;

/**
 * The command of a cron entry. With --quiet a program prints nothing: it writes the log itself. Only unexpected errors
 * go to standard error, and from there into the log. With a mail address cron mails them as well.
 *
 * The log is opened after the program has started, in the next command of the pipe. A shell would not start a program
 * whose redirection fails, and would wait for ever if the log's path were a named pipe. If the log cannot be written,
 * cron gets the errors. The launcher is the first word, because the command is the subject of cron's mail.
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
