/**
 * Foreign things on a server that affect the backups: a second run of them, a second rotation of their log, directories
 * in which another user could replace our programs. The deployment looks over ssh and the status check on the server;
 * both judge by this module.
 */

/** Our own files and directories that foreign things could duplicate or replace. */
export interface OwnPlaces {
  log: string;
  logRotation: string;
  cronTable: string;
  backupLauncher: string;
  installation: string;
}

export interface Surroundings {
  /** Files by which cron, systemd or the start of the machine run the backup too. */
  jobs: string[];
  /** Files by which logrotate rotates the log too. */
  rotations: string[];
  /** What systemctl says of cron's units; empty where there is none to ask. */
  enablement: string[];
  directories: GuardedDirectory[];
}

export interface GuardedDirectory {
  path: string;
  /** Octal digits, as stat prints them. */
  mode: string;
  user: string;
  group: string;
  /** The deployment cannot change it: a link leads there, or it is read-only or immutable. */
  isHeld: boolean;
}

/** Sentences, and what to do about each. */
export interface SurroundingsJudgement {
  /** `isMended`: the next deployment fixes it by itself. */
  problems: { text: string; next: string; isMended: boolean }[];
  notes: { text: string; next: string }[];
}

/**
 * The shell function `surroundings LOG ROTATION TABLE LAUNCHER PATTERN LINE DIRECTORY…`: a word and a value between a
 * colon, a line each, and `end:` when it has looked at everything. PATTERN finds a line that runs the backup, LINE one of root's crontab that the table takes over.
 */
export const surroundingsFunction = String.raw`
surroundings() {
  log=$1 rotation=$2 table=$3 pattern=$5 line=$6
  grep -lsE -- "$pattern" /etc/crontab /etc/anacrontab /etc/rc.local /etc/cron.d/* /etc/cron.hourly/* /etc/cron.daily/* \
    /etc/cron.weekly/* /etc/cron.monthly/* /var/spool/cron/crontabs/* /etc/systemd/system/*.service \
    /etc/systemd/user/*.service /run/systemd/transient/*.service /usr/local/lib/systemd/system/*.service \
    /root/.config/systemd/user/*.service /home/*/.config/systemd/user/*.service |
    while IFS= read -r file; do
      case $file in
        "$table") continue ;;
        /var/spool/cron/crontabs/root) grep -E -- "$pattern" "$file" | grep -qvE -- "$line" || continue ;;
      esac
      printf 'job:%s\n' "$file"
    done
  set -f
  for file in $(set +f; ls -d /etc/logrotate.conf /etc/logrotate.d/* 2>/dev/null); do
    [ "$file" != "$rotation" ] && [ -f "$file" ] || continue
    grep -hsE '^[[:space:]]*["'\'']?/' -- "$file" | tr -d "\"'{" | while read -r words; do
      for word in $words; do
        case $log in $word) [ "$(dirname -- "$word")" = "$(dirname -- "$log")" ] && printf 'rotation:%s\n' "$file" ;; esac
      done
    done
  done
  set +f
  if command -v systemctl >/dev/null; then
    timeout 15 systemctl is-enabled cron crond cronie 2>/dev/null </dev/null | sed 's/^/enabled:/'
  fi
  shift 6
  for directory in "$@"; do
    [ -d "$directory" ] || continue
    if [ "$(cd -P -- "$directory" && pwd -P)" != "$directory" ] || [ ! -w "$directory" ]; then
      printf 'held:%s\n' "$directory"
    fi
  done
  stat -Lc 'directory:%a:%U:%G:%n' -- "$@" 2>/dev/null
  printf 'end:\n'
}
`;

/** The arguments of the function. */
export function surroundingsArguments(own: OwnPlaces): string[] {
  const launcher = own.backupLauncher.replaceAll(/[.+*?^${}()|[\]\\]/g, "\\$&");
  const entry = "^[[:space:]]*(@[a-z]+|([^[:space:]]+[[:space:]]+){4}[^[:space:]]+)[[:space:]]+";
  return [
    own.log,
    own.logRotation,
    own.cronTable,
    own.backupLauncher,
    // backup_database is the command's name, in whatever directory an older script of it lies.
    `^[[:space:]]*([^#;[:space:]].*)?(${launcher}|backup_database([.-]|[[:space:]]|$))`,
    `${entry}${launcher}([[:space:]]|$)`,
    ...guardedDirectories(own),
  ];
}

/** All parent directories of the programs that root runs and of the files that cron and logrotate read. */
export function guardedDirectories({
  installation,
  backupLauncher,
  cronTable,
  logRotation,
}: Omit<OwnPlaces, "log">): string[] {
  const files = [installation, backupLauncher, cronTable, logRotation];
  const directories = files.flatMap((path) => {
    const parts = path.split("/").slice(1, -1);
    return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
  });
  return [...new Set(directories)];
}

/** Parses the function's output; null if the output is cut off, because the missing part may hold the worst. */
export function parseSurroundings(output: string): Surroundings | null {
  const seen: Surroundings = { jobs: [], rotations: [], enablement: [], directories: [] };
  const lines = output.trimEnd().split("\n");
  if (lines.at(-1) !== "end:") return null;
  const held = new Set<string>();
  for (const line of lines) {
    const at = line.indexOf(":");
    const [word, value] = [line.slice(0, at), line.slice(at + 1)];
    if (word === "job") seen.jobs.push(value);
    if (word === "rotation" && !seen.rotations.includes(value)) seen.rotations.push(value);
    if (word === "enabled") seen.enablement.push(value);
    if (word === "held") held.add(value);
    if (word === "directory") {
      const [mode = "", user = "", group = "", ...parts] = value.split(":");
      const path = parts.join(":");
      seen.directories.push({ mode, user, group, path, isHeld: held.has(path) });
    }
  }
  return seen;
}

/** Whether a directory lets other users replace its files. A sticky bit keeps each user to their own files. */
const letsReplace = ({ mode }: GuardedDirectory, bit: number): boolean => {
  const bits = Number.parseInt(mode, 8);
  return (bits & bit) !== 0 && (bits & 0o1000) === 0;
};

/** What is wrong with the surroundings, and what is worth knowing of them. */
export function judgeSurroundings(seen: Surroundings, log: string): SurroundingsJudgement {
  const problems = seen.directories
    .filter((directory) => letsReplace(directory, 0o002))
    .map(({ path, mode, isHeld }) => ({
      text: `${path} is world-writable (mode ${mode}): anyone can replace programs that root runs`,
      next: isHeld
        ? `chmod o-w ${path}. The deployment cannot do it: ${path} is reached by a link, immutable or read-only (lsattr, mount)`
        : `chmod o-w ${path}, as pulumi up does`,
      isMended: !isHeld,
    }));
  const byGroup = seen.directories
    .filter((directory) => directory.group !== "root" && letsReplace(directory, 0o020))
    .map(({ path, group }) => ({
      text: `the group ${group} can write to ${path}: its members can replace programs that root runs`,
      next: `chmod g-w ${path}`,
    }));
  const byUser = seen.directories
    .filter(({ user }) => user !== "root")
    .map(({ path, user }) => ({
      text: `${path} belongs to ${user}: that user can replace programs that root runs`,
      next: `chown root ${path}`,
    }));
  const jobs = seen.jobs.map((path) => ({
    text: `${path} also mentions the backup program: if it runs it, each backup is made twice`,
    next: `remove the line from ${path}`,
  }));
  const rotations = seen.rotations.map((path) => ({
    text: `${path} rotates ${log} too: logrotate fails with "duplicate log entry"`,
    next: `remove the line from ${path}`,
  }));
  return {
    problems,
    notes: [...enablementNotes(seen.enablement), ...byGroup, ...byUser, ...jobs, ...rotations],
  };
}

function enablementNotes(states: readonly string[]): SurroundingsJudgement["notes"] {
  const off = states.find((state) => /^(disabled|masked)/.test(state));
  const isOn = states.some((state) => /^(enabled|static|alias|indirect|generated|linked)/.test(state));
  if (off === undefined || isOn) return [];
  return [
    {
      text: `cron is ${off}: after a reboot it does not start, and no backup runs`,
      next: off.startsWith("masked")
        ? "systemctl unmask cron; systemctl enable cron"
        : "systemctl enable cron",
    },
  ];
}
