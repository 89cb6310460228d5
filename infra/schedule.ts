import { createHash } from "node:crypto";
import type { ServerPlan } from "./config/plan.ts";
import { serverPath } from "./launchers.ts";
import type { CronEntry } from "./remotehost/cron-table.ts";
import { cronTableText } from "./remotehost/provider/cron-table/table.ts";
import { shellWord } from "./shell.ts";

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
 * The programs log by themselves; the redirection keeps what nobody expected. cron mails what is left to it: with
 * somebody to mail to that is the errors, a copy of which still goes into the log in case that no mail arrives.
 */
const quietly = (launcher: string, log: string, mails: boolean): string =>
  mails
    ? `${shellWord(launcher)} --quiet 2>&1 >> ${shellWord(log)} | tee -a ${shellWord(log)}`
    : `${shellWord(launcher)} --quiet >> ${shellWord(log)} 2>&1`;

/** The cron table's contents for one server. */
export function scheduleOf({ paths, backups, rehearsal, monitoring }: ServerPlan): Schedule {
  const { mailTo } = monitoring;
  const environment = {
    SHELL: "/bin/sh",
    PATH: serverPath,
    ...(mailTo === undefined ? {} : { MAILTO: mailTo }),
  };
  const entry = (schedule: string, launcher: string): CronEntry => ({
    schedule,
    user: "root",
    command: quietly(launcher, paths.log, mailTo !== undefined),
  });
  const programs = [
    { schedule: backups.schedule, launcher: paths.backupLauncher },
    { schedule: monitoring.schedule, launcher: paths.statusLauncher },
    { schedule: rehearsal.schedule, launcher: paths.rehearseLauncher },
  ].filter(({ schedule }) => schedule !== "never");
  const entries = programs.map(({ schedule, launcher }) => entry(schedule, launcher));
  const text = cronTableText(environment, entries);
  return {
    environment,
    entries,
    takesOver: programs.map(({ launcher }) => shellWord(launcher)),
    sha256: createHash("sha256").update(text).digest("hex"),
  };
}
