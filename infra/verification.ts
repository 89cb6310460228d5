import type { ServerPlan } from "./config/plan.ts";
import { shellCommand, shellWord } from "./shell.ts";

/** Another run holds the lock: it is proof enough that backups work, and its end is not waited for. */
const lockedExitCode = 75;
/** The status check's exit codes from this one on mean that the deployment does not work. */
export const criticalExitCode = 2;

/** How the warning begins where Pulumi cannot run the verification; whoever runs it otherwise leaves the warning out. */
export const unverified = "The deployment is not verified";

/** Backs one database up, if its container is there: the backup system may be deployed before the application. */
function backupLines(launcher: string, name: string, container: string): string {
  const note = `note: there is no container ${container} yet; ${name} is backed up as soon as there is`;
  return `if printf '%s\\n' "$containers" | grep -Fqx -- ${shellWord(container)}; then
  ${shellCommand(launcher, name)} || { code=$?; [ "$code" -eq ${lockedExitCode} ] || exit "$code"; }
  present="$present ${name}"
else
  waiting=yes
  echo ${shellWord(note)}
fi`;
}

/**
 * The script that proves a deployment on the server itself, as root: a backup of every database that is there, and
 * the status check, of those that are there. It ends with the exit code of what failed, its report before it.
 */
export function verificationScript({ paths, databases }: ServerPlan): string {
  const backups = databases.map(({ name, container }) => backupLines(paths.backupLauncher, name, container));
  return `containers=$(docker container ls --all --format '{{.Names}}') || exit 1
waiting= present=
${backups.join("\n")}
[ -n "$waiting" ] || present=
${shellWord(paths.statusLauncher)} $present
code=$?
[ "$waiting$present" = yes ] || [ "$code" -lt ${criticalExitCode} ] || exit "$code"
`;
}
