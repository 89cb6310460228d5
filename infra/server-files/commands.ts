import { archiveName } from "../../scripts/contract/backup-names.ts";
import { archiveEndings } from "../../scripts/contract/compressions.ts";
import { shellCommand, shellWord } from "../../scripts/contract/quoting.ts";
import { defaultLogin, defaults } from "../config/defaults.ts";
import type { ServerPlan } from "../config/plan.ts";
import { sshArguments } from "../remotehost/connection.ts";

/** Commands that a person can paste, on their own machine. */
export interface ServerCommands {
  status: string;
  backup: string;
  listBackups: string;
  restore: string;
  /** Restores the newest backup on trial. */
  rehearse: string;
  /** What retention would remove, and why the rest stays. */
  prune: string;
  /** Keeps a backup whatever its age. */
  pin: string;
  /** Copies what the stores lack; where there is one. */
  copy?: string;
  /** Undoes the last restore. */
  rollback: string;
  log: string;
  download: string;
  /** Previews or deploys this server alone. */
  deployOnly: string;
}

/** A path on the person's machine; a `~` at its beginning is left for their shell. */
const localWord = (path: string): string =>
  path.startsWith("~/") ? `~/${shellWord(path.slice(2))}` : shellWord(path);

/** `USER@HOST` before scp's colon, of which an IPv6 address has some too. */
const copySource = (destination: string): string =>
  destination.replace(/@([^@]*:[^@]*)$/, (_, host: string) => `@[${host}]`);

/** The person's own ssh needs only what stands in the configuration; everything else is in their ssh_config. */
function login({ connection }: ServerPlan): { options: string; destination: string } {
  const { user = defaultLogin, port, configFile, identityFile, proxyJump, host } = connection;
  const options = [
    configFile === undefined ? "" : `-F ${localWord(configFile)} `,
    identityFile === undefined ? "" : `-i ${localWord(identityFile)} `,
    proxyJump === undefined ? "" : `-J ${shellWord(proxyJump)} `,
    port === undefined ? "" : `-o Port=${port} `,
  ].join("");
  return { options, destination: `${user}@${host}` };
}

/** The ready-to-paste commands of one server. */
export function serverCommands(plan: ServerPlan): ServerCommands {
  const { options, destination } = login(plan);
  const { backups, copies, paths, connection } = plan;
  const isRoot = connection.user === defaultLogin;
  const sudo = isRoot ? "" : "sudo ";
  const ssh = (remote: string, terminal = "") =>
    `ssh ${terminal}${options}${shellCommand(destination, `${sudo}${remote}`)}`;
  const file = shellWord(`${paths.backups}/${archiveName("FILE", backups.compression)}`);
  // Also those from before another compression was chosen.
  const ending =
    backups.compression === defaults.backups.compression ? archiveEndings[backups.compression] : "sql.*";
  const archives = `${shellWord(paths.backups)}/*.${ending}`;
  return {
    status: ssh(shellWord(paths.statusLauncher)),
    backup: ssh(shellWord(paths.backupLauncher)),
    listBackups: ssh(`${shellWord(paths.restoreLauncher)} --list`),
    restore: ssh(`${shellWord(paths.restoreLauncher)} ${file}`, "-t "),
    rehearse: ssh(shellWord(paths.rehearseLauncher)),
    prune: ssh(`${shellWord(paths.pruneLauncher)} --dry-run`),
    pin: ssh(`${shellWord(paths.pinLauncher)} ${file}`),
    ...(copies.length > 0 && { copy: ssh(shellWord(paths.copyLauncher)) }),
    rollback: ssh(`${shellWord(paths.restoreLauncher)} --rollback`, "-t "),
    log: ssh(`tail -f ${shellWord(paths.log)}`),
    download: isRoot
      ? `scp ${options}${shellCommand(`${copySource(destination)}:${archives}`, "./")}`
      : `${ssh(`tar -C ${shellWord(paths.backups)} -cf - .`)} | tar -xf -`,
    deployOnly: shellCommand("pulumi", "up", "--target", `**::${plan.key}`, "--target", `**::${plan.key}-*`),
  };
}

/** Runs its input, a script, as root: whether the login is root is for the person's ssh_config to say. */
const asRoot =
  'script=$(cat); if [ "$(id -u)" = 0 ]; then exec sh -c "$script"; else exec sudo -n sh -c "$script"; fi';

/** The command line by which this machine's shell begins what a server runs; the same text on every person's machine. */
export const sshCommand = ({ connection }: ServerPlan): string =>
  ["exec", "ssh", ...sshArguments(connection, "~").map(localWord)].join(" ");

/** What ssh is given to run the POSIX shell script on its input as root on the server, whatever the login's shell is. */
export const remoteShell = shellCommand("sh", "-c", asRoot);
