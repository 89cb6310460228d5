import { shellCommand, shellWord } from "../../scripts/contract/quoting.ts";
import type { ServerPlan } from "../config/plan.ts";
import { serverCommands } from "./commands.ts";

/** Another run holds the lock. That shows that backups work, so the script does not wait for its end. */
const lockedExitCode = 75;
/** From this exit code of the status check on, the deployment does not work. */
export const criticalExitCode = 2;

/** The beginning of the warning that Pulumi cannot run the verification. The deployment command verifies and hides it. */
export const unverified = "The deployment is not verified";

/** At most so many lines of a program's output are printed, so that the whole message has ten lines. */
const reasonLines = 8;

/** Backs up one database if its container exists. The backup system may be deployed before the application. */
function backupLines(plan: ServerPlan, name: string, container: string): string {
  const note = `note: there is no container ${container} yet; ${name} is backed up as soon as there is`;
  const locked = `note: another run holds the lock of ${name}, and its end is not waited for`;
  // A backup prints the reason of a failure on stderr. Its progress is in the log.
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
 * The script that verifies a deployment, run as root on the server. It backs up every database whose container exists,
 * and runs the status check for these. On success it prints the backups and the warnings of the status check. On
 * failure it prints only the reason, in at most ten lines, and exits with the code of the failed program.
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
