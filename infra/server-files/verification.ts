import { shellCommand, shellWord } from "../../scripts/contract/quoting.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { StorePlan } from "../config/store-plan.ts";
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
  said=$(${shellCommand(plan.paths.backupLauncher, ...noCopy(plan), name)} 2>&1 >/dev/null) || code=$?
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

/** The copy is the next step, whose failure is told apart from the backup's. */
const noCopy = ({ copies }: ServerPlan): string[] => (copies.length === 0 ? [] : ["--no-copy"]);

/**
 * The file by which a deployment with --replaces says that the new machine takes over the copies of the old one. It is
 * no part of the script, whose text must not change with the way it is run; a reboot removes it.
 */
const takeOverMark = ({ paths }: ServerPlan): string => `${paths.locks}/takes-over`;

/** Allows the next verification to take over what another machine has copied. */
export const allowTakeOver = (plan: ServerPlan): string =>
  `mkdir -p -m 0700 ${shellWord(plan.paths.locks)} && : > ${shellWord(takeOverMark(plan))}`;

/** Prints `pending` while what was allowed is not done. */
export const takeOverPending = (plan: ServerPlan): string =>
  `[ ! -e ${shellWord(takeOverMark(plan))} ] || echo pending`;

/** Does what was allowed where no verification did. */
export const takeOverScript = (plan: ServerPlan): string =>
  [
    "set -e",
    ...plan.copies.map(({ name }) =>
      shellCommand(plan.paths.copyLauncher, "--store", name, "--newest", "--take-over"),
    ),
    `rm -f ${shellWord(takeOverMark(plan))}`,
  ].join("\n");

/** Tries a store, and makes the first copies there. All that waits may take hours and is left to the schedule. */
function storeLines(plan: ServerPlan, { name }: StorePlan): string {
  const copy = (...words: string[]) => shellCommand(plan.paths.copyLauncher, "--store", name, ...words);
  const failure = `failed "$code" ${shellWord(`${plan.key}: store ${name} does not take copies`)} ${shellWord(logAdvice(plan))}`;
  return `code=0
said=$(${copy("--probe")} 2>&1) || code=$?
[ "$code" = 0 ] || ${failure}
done="$done$said
"
said=$(${copy("--newest")} $takes 2>&1) || code=$?
case $code in
  0) done="$done"${shellWord(`store ${name}: the newest backups are copied\n`)} ;;
  ${lockedExitCode}) done="$done"${shellWord(`note: another run copies to store ${name}, and its end is not waited for\n`)} ;;
  *) ${failure} ;;
esac`;
}

function copyLines(plan: ServerPlan): string[] {
  if (plan.copies.length === 0) return [];
  const mark = shellWord(takeOverMark(plan));
  return [
    `takes=
[ ! -e ${mark} ] || takes=--take-over`,
    ...plan.copies.map((store) => storeLines(plan, store)),
    `rm -f ${mark}`,
  ];
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
${[...backups, ...copyLines(plan)].join("\n")}
[ -n "$waiting" ] || present=
code=0
said=$(${shellWord(paths.statusLauncher)} --quiet $present 2>&1) || code=$?
if [ "$waiting$present" != yes ] && [ "$code" -ge ${criticalExitCode} ]; then
  failed "$code" ${shellWord(`${key}: the status check finds what is critical, or unknown`)} ${shellWord(`The whole report: ${serverCommands(plan).status}`)}
fi
printf '%s%s\\n' "$done" "\${said:-status healthy}"
`;
}
