import { archiveName } from "../../scripts/contract/backup-names.ts";
import {
  archiveEndings,
  type Compression,
  compressionNames,
  readByHand,
} from "../../scripts/contract/compressions.ts";
import { shellCommand, shellWord } from "../../scripts/contract/quoting.ts";
import type { DatabasePlan, ServerPlan } from "../config/plan.ts";
import { replacedDirectoryIn } from "../config/replaced-directory.ts";
import type { StorePlan } from "../config/store-plan.ts";
import { storeSettings } from "./stores.ts";

const databaseLines = (plan: DatabasePlan): string =>
  `  ${plan.name}
    database ${plan.database}, user ${plan.user}, container ${plan.container}
    data     ${dataText(plan)}`;

const mounts = "{{range .Mounts}}{{.Destination}} is {{.Source}}; {{end}}";

/** An application's container may have its data in a volume that the configuration does not name. */
const dataText = ({ container, dataDirectory, managedContainer }: DatabasePlan): string =>
  managedContainer !== null
    ? dataDirectory
    : `${dataDirectory} by the configuration; a volume or another directory is shown by
             ${shellCommand("docker", "inspect", "-f", mounts, container)}`;

/** How to restore with PostgreSQL's own tools only, if these programs do not work. */
function stockRestore(
  { name, container, user, port, passwordFile }: DatabasePlan,
  backups: string,
  compression: Compression,
): string {
  const into = `${name}_restored`;
  const stem = `${backups}/${name}_YYYYMMDD_HHMMSS`;
  const archive = shellWord(archiveName(stem, compression));
  const inContainer = (options: string[], program: string, ...words: string[]) => {
    const password = passwordFile === undefined ? [] : ["-e", "PGPASSWORD"];
    const at = port === undefined ? [] : ["-p", String(port)];
    return shellCommand("docker", "exec", ...options, ...password, container, program, ...at, ...words);
  };
  const { command, where } = readByHand[compression];
  const text =
    where === "server"
      ? `${command} ${archive}`
      : `${shellCommand("docker", "exec", "-i", container)} ${command} <${archive}`;
  const password =
    passwordFile === undefined ? "" : `  export PGPASSWORD="$(${shellCommand("cat", passwordFile)})"\n`;
  return `${password}  ${inContainer(["-i"], "psql", "-X", "-U", user, "-d", "postgres")} <${shellWord(`${stem}.roles.sql`)}
      (on a new server only: the roles; "already exists" is no failure)
  ${inContainer([], "createdb", "-U", user, "-T", "template0", into)}
  ${inContainer([], "psql", "-X", "-U", user, "-d", "postgres", "-c", `ALTER DATABASE ${into} SET SETTING TO 'VALUE'`)}
      (before the data, for each of the settings in ${stem}.json but "role"; of a role:
      ALTER ROLE … IN DATABASE ${into} SET …)
  ${text} |
    ${inContainer(["-i"], "psql", "-X", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", into)}`;
}

type Retention = ServerPlan["backups"]["retention"];

function retentionLines({ days, keepAtLeast, preRestoreDays, ...counts }: Retention): string {
  const classes = [
    ["days", counts.daily],
    ["weeks", counts.weekly],
    ["months", counts.monthly],
    ["years", counts.yearly],
  ].flatMap(([noun, count]) => (count === 0 ? [] : [`${count} ${noun}`]));
  return [
    `  Backups are kept ${days} days, and never fewer than the newest ${keepAtLeast} good ones;`,
    ...(classes.length === 0 ? [] : [`  the last ones of the newest ${classes.join(", ")} (UTC) longer;`]),
    `  those that a restore made before it ${preRestoreDays} days.`,
  ].join("\n");
}

const copyLine = ({ name, schedule }: StorePlan): string => `  ${schedule}   copies to ${name}\n`;

const storeLine = (plan: ServerPlan, store: StorePlan): string =>
  `  ${store.name}   copies off this server: ${storeSettings(plan, store).place}\n`;

/** The text of the server's quick reference. */
export function quickReferenceText(plan: ServerPlan, stack: string): string {
  const { paths, backups, copies, rehearsal, monitoring, databases } = plan;
  const { compression, retention } = backups;
  const restore = shellWord(paths.restoreLauncher);
  return `DATABASE BACKUPS ON ${plan.key}
Deployed by pulumi up, stack ${stack}. This file is rewritten by the next one.

Databases
${databases.map(databaseLines).join("\n")}

Every day's commands
  ${shellWord(paths.statusLauncher)}
      is everything well? eight points, then figures; exit code 0 healthy, 1 warning, 2 critical, 3 unknown
  ${shellWord(paths.backupLauncher)} [NAME...]
      back up now: all databases, or those named
  ${restore} --list
      the backups there are
  ${shellWord(paths.rehearseLauncher)} [NAME] [FILE]
      proves a backup: restores it on trial beside the live database's server, compares, removes it again
  ${shellWord(paths.pruneLauncher)} --dry-run
      what retention would remove, and why every other file stays
  ${shellWord(paths.pinLauncher)} --reason TEXT FILE
      keeps a backup for good; --remove ends that
${copies.length === 0 ? "" : `  ${shellWord(paths.copyLauncher)}\n      copies now what the stores lack, and reads every copy back\n`}  tail -f ${shellWord(paths.log)}
      what the programs do
  Each of them explains itself with --help.

Schedule (cron, in the server's time zone)
  ${backups.schedule}   backup
  ${monitoring.schedule}   status check
${rehearsal.schedule === "never" ? "" : `  ${rehearsal.schedule}   rehearsal\n`}${copies.map(copyLine).join("")}${retentionLines(retention)}

Restore
  1. ${restore} ${shellWord(`${paths.backups}/${archiveName("FILE", compression)}`)}
     shows what would be replaced, asks for the database's name, makes a backup of the present state,
     restores beside the live database and swaps the two in one moment.
  2. ${shellWord(paths.statusLauncher)}
  To go back: ${restore} --rollback (within ${retention.keepPreviousDays} days)
  Instead of the file, its time: --at '2026-11-22 03:00' (local) or 20261122_020000 (UTC) takes the newest backup then
  First only look: --dry-run shows every step, --verify-only FILE reads the file alone
${copies.map(({ name }) => `  From the store ${name}: --from ${name} with --latest, --at or a name; --from ${name} --list shows all\n`).join("")}  Beside the live database: --into NAME FILE, or --table users FILE for single tables, in a schema of their own

Restore without these programs, into a new database (${compressionNames.map((one) => `${readByHand[one].command} reads .${archiveEndings[one]}`).join(", ")})
${databases.map((database) => stockRestore(database, paths.backups, compression)).join("\n")}

Files
  ${paths.backups}   backups ${archiveName("NAME_YYYYMMDD_HHMMSS", compression)} (UTC), manifests .json, roles .roles.sql,
      the last rehearsal's result .rehearsal.json, pins .pin
  ${paths.log}   log
  ${paths.installation}   programs, Node, settings
  ${replacedDirectoryIn(paths.installation)}   what stood in the way of our files, or was edited by hand
      (the newest 20 of each path)
${copies.map((store) => storeLine(plan, store)).join("")}  ${paths.cronTable}   schedule
`;
}
