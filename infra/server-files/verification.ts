import { shellCommand, shellWord } from "../../scripts/contract/quoting.ts";
import type { ServerPlan } from "../config/plan.ts";
import { serverCommands } from "./commands.ts";

/** Another run holds the lock: it is proof enough that backups work, and its end is not waited for. */
const lockedExitCode = 75;
/** The status check's exit codes from this one on mean that the deployment does not work. */
export const criticalExitCode = 2;

/** How the warning begins where Pulumi cannot run the verification; whoever runs it otherwise leaves the warning out. */
export const unverified = "The deployment is not verified";

/** Lines of a program's reason: with the one before them and the one behind them ten at most. */
const reasonLines = 8;

/** Backs one database up, if its container is there: the backup system may be deployed before the application. */
function backupLines(plan: ServerPlan, name: string, container: string): string {
  const note = `note: there is no container ${container} yet; ${name} is backed up as soon as there is`;
  const locked = `note: another run holds the lock of ${name}, and its end is not waited for`;
  // What a backup prints on stderr is why it failed; how far it came is in the log.
  return `if printf '%s\\n' "$containers" | grep -Fqx -- ${shellWord(container)}; then
  code=0
  said=$(${shellCommand(plan.paths.backupLauncher, name)} 2>&1 >/dev/null) || code=$?
  case $code in
    0) done="$done"${shellWord(`${name} is backed up\n`)} ;;
    ${lockedExitCode}) done="$done"${shellWord(`${locked}\n`)} ;;
    *) failed "$code" ${shellWord(`${plan.key}: the first backup of ${name} failed`)} ${shellWord(logAdvice(plan))} ;;
  esac
  present="$present ${name}"
else
  waiting=yes
  done="$done"${shellWord(`${note}\n`)}
fi`;
}

const logAdvice = ({ paths }: ServerPlan) => `All of it is in ${paths.log} there.`;

/**
 * The script that proves a deployment on the server itself, as root: a backup of every database that is there, and
 * the status check, of those that are there. Where it works it prints what was done, and what the status check has to
 * warn of. Where it does not, it ends with the exit code of what failed and prints why alone, in ten lines.
 */
export function verificationScript(plan: ServerPlan): string {
  const { paths, databases, key } = plan;
  const backups = databases.map(({ name, container }) => backupLines(plan, name, container));
  return `waiting= present= said= done=
failed() {
  broken=$(printf '%s\\n' "$said" | awk '/^(WARNING|note|ok) /{p=0} /^(CRITICAL|UNKNOWN) /{p=1} p')
  printf '%s (exit code %s) [DBK-CHANGE-7]\\n' "$2" "$1" >&2
  printf '%s\\n' "\${broken:-$said}" | head -n ${reasonLines} >&2
  printf '%s\\n' "$3" >&2
  exit "$1"
}
containers=$(docker container ls --all --format '{{.Names}}' 2>&1) ||
  { said=$containers; failed 1 ${shellWord(`${key}: Docker does not list its containers`)} 'Start it: systemctl start docker'; }
${backups.join("\n")}
[ -n "$waiting" ] || present=
code=0
said=$(${shellWord(paths.statusLauncher)} --quiet $present 2>&1) || code=$?
if [ "$waiting$present" != yes ] && [ "$code" -ge ${criticalExitCode} ]; then
  failed "$code" ${shellWord(`${key}: the status check finds what is critical, or unknown`)} ${shellWord(`The whole report: ${serverCommands(plan).status}`)}
fi
printf '%s%s\\n' "$done" "\${said:-status healthy}"
`;
}
