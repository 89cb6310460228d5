import type { Requirements } from "./requirements.ts";

/** What was observed of a required directory, or of the nearest parent in which it would be created. */
export interface DirectorySeen {
  freeBytes: number;
  /** The target, if the path is a symbolic link. */
  link?: string;
  /** Owner and mode of trial files, on a file system that may ignore them; absent where the type is known to keep them. */
  trial?: { fileSystem: string; said: string };
}

/** A directory from which something is run, on a file system that lets nothing run. */
export interface UnrunnableDirectory {
  path: string;
  mountPoint: string;
}

/**
 * The shell functions `look_at_directory PATH` and `look_at_runnable PATH`. Trial files are created, and removed at once,
 * only on file systems that are not known to keep owners and modes (shares, FUSE, those of other systems).
 */
export const directoryFunctions = `
nearest() {
  there=$1
  while [ ! -d "$there" ]; do there=\${there%/*}; there=\${there:-/}; done
}
trial() {
  made=$(umask 077; mktemp -d -- "$1/.database-backups-trial.XXXXXX") || return
  : > "$made/file"
  chmod 0700 "$made"
  chmod 0600 "$made/file"
  chown root:root "$made" "$made/file"
  stat -c '%a %u:%g' -- "$made" "$made/file"
  rm -rf -- "$made"
}
look_at_directory() {
  nearest "$1"
  df -Pk -- "$there" | awk 'NR == 2 { print $4 }' | say free
  if [ -L "$1" ]; then readlink -m -- "$1" | say link; fi
  type=$(findmnt -nro FSTYPE -T "$there" 2>/dev/null | tail -n 1)
  case $type in
    ''|ext[234]|xfs|btrfs|zfs|f2fs|jfs|bcachefs|tmpfs|ramfs|overlay) ;;
    *) { echo "$type"; trial "$there" 2>&1; } | say trial ;;
  esac
}
look_at_runnable() {
  nearest "$1"
  case ,$(findmnt -nro OPTIONS -T "$there" 2>/dev/null | tail -n 1), in
    *,noexec,*) { printf '%s\\n' "$1"; findmnt -nro TARGET -T "$there" | tail -n 1; } | say noexec ;;
  esac
}
`;

export const trialOf = (text: string): NonNullable<DirectorySeen["trial"]> => {
  const [fileSystem = "", ...said] = text.split("\n");
  return { fileSystem, said: said.join("\n").trim() };
};

export const unrunnableOf = (text: string): UnrunnableDirectory => {
  const [path = "", mountPoint = ""] = text.split("\n");
  return { path, mountPoint };
};

/** What `stat` prints of a directory and a file for root alone where owner and mode are kept. */
const kept = "700 0:0\n600 0:0";

/** By file system type: mount options that make all files readable by root alone. */
const mountAdvice: readonly [RegExp, string][] = [
  [/^(cifs|smb3?|smbfs)$/, "Mount it with uid=0,gid=0,file_mode=0600,dir_mode=0700."],
  [/^(fuse\.)?davfs/, "Mount it with uid=0,gid=0,file_mode=0600,dir_mode=0700."],
  [/^(vfat|msdos|exfat|ntfs3?|fuseblk)$/, "Mount it with uid=0,gid=0,fmask=0177,dmask=0077."],
  [/^nfs/, "Export it with no_root_squash."],
  [/^fuse\.rclone$/, "Mount it with --uid 0 --gid 0 --file-perms 0600 --dir-perms 0700."],
  [
    /^fuse/,
    "Mount it with uid=0,gid=0,umask=077 (bindfs: --force-user=root --force-group=root --perms=0600,u+X).",
  ],
];

const otherAdvice =
  "Mount it so that root owns all files and only root can read them (files 0600, directories 0700).";

type DirectoryRequirement = Requirements["directories"][number];

/** Why a directory must not be used as it is: at most one sentence. */
export function directoryProblems(
  { path, minimumFree }: DirectoryRequirement,
  seen: DirectorySeen | undefined,
  setting = "its path",
): string[] {
  if (seen?.link !== undefined) {
    return [
      `${path} is a symbolic link, and links are not replaced. Set ${setting} to ${seen.link}, or replace the link by ` +
        `a mount: mount --bind ${seen.link} ${path} [DBK-READY-13]`,
    ];
  }
  const trial = seen?.trial;
  if (trial !== undefined && trial.said !== kept) return [trialProblem(path, trial)];
  const free = seen?.freeBytes ?? 0;
  if (free >= minimumFree) return [];
  const megabytes = (bytes: number) => Math.floor(bytes / 1e6);
  return [
    `${path}: ${megabytes(free)} MB free, ${megabytes(minimumFree)} MB required. Free some space. [DBK-READY-12]`,
  ];
}

function trialProblem(path: string, { fileSystem, said }: NonNullable<DirectorySeen["trial"]>): string {
  const advice = mountAdvice.find(([type]) => type.test(fileSystem))?.[1] ?? otherAdvice;
  const lines = said.split("\n");
  const made = lines.filter((line) => /^\d+ \d+:\d+$/.test(line));
  if (made.length < 2) {
    const first = lines[0] || "no error message";
    return `cannot create files as root in ${path} (file system ${fileSystem}: ${first}). ${advice} [DBK-READY-13]`;
  }
  return (
    `the file system of ${path} (${fileSystem}) ignores owner and mode: a directory and a file for root alone became ` +
    `${made.join(" and ")}, so others could read the backups. ${advice} [DBK-READY-13]`
  );
}

/** Without this check the first run would be the first to fail. */
export const unrunnableProblem = ({ path, mountPoint }: UnrunnableDirectory): string =>
  `programs in ${path} cannot run: ${mountPoint} is mounted noexec. Mount it with exec ` +
  `(mount -o remount,exec ${mountPoint}, and /etc/fstab), or set another path. [DBK-READY-13]`;
