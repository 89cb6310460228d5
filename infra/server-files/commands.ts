import { archiveName } from "../../scripts/contract/backup-names.ts";
import { archiveEndings } from "../../scripts/contract/compressions.ts";
import { shellCommand, shellWord } from "../../scripts/contract/quoting.ts";
import { defaultLogin, defaults } from "../config/defaults.ts";
import type { ServerPlan } from "../config/plan.ts";
import { sshArguments } from "../remotehost/connection.ts";

/** Commands to paste into a shell of a person's own machine. */
export interface ServerCommands {
  status: string;
  backup: string;
  listBackups: string;
  restore: string;
  /** Proves that the newest backup can be restored. */
  rehearse: string;
  /** Shows what retention would remove, and why it keeps the rest. */
  prune: string;
  /** Keeps a backup at any age. */
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

/** A path on the person's machine as a shell word. The person's shell expands a leading `~`. */
const localWord = (path: string): string =>
  path.startsWith("~/") ? `~/${shellWord(path.slice(2))}` : shellWord(path);

/** `USER@HOST` for scp, which needs brackets around an IPv6 address. */
const copySource = (destination: string): string =>
  destination.replace(/@([^@]*:[^@]*)$/, (_, host: string) => `@[${host}]`);

/** The options and the destination for the person's own ssh. Their ssh_config has what the configuration omits. */
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
  // Older backups may have another compression.
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

/** Runs the script on its input as root. A person's ssh_config may set the user, so the login may not be root yet. */
const asRoot =
  'script=$(cat); if [ "$(id -u)" = 0 ]; then exec sh -c "$script"; else exec sudo -n sh -c "$script"; fi';

/** The local command line that opens ssh to a server. It has no absolute home directory, so all machines share it. */
export const sshCommand = ({ connection }: ServerPlan): string =>
  ["exec", "ssh", ...sshArguments(connection, "~").map(localWord)].join(" ");

/** The remote command of ssh: it runs the POSIX shell script on its input as root, with any login shell. */
export const remoteShell = shellCommand("sh", "-c", asRoot);
