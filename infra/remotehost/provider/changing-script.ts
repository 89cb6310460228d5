import { quote } from "../../../scripts/contract/quoting.ts";
import { ownCrontabFunction } from "./cron-table/own-crontab.ts";
import { keepFunctions, type Replaced } from "./kept-things.ts";
import { stateDirectory } from "./records.ts";

/** Exit codes by which a changing script says why it changed nothing. */
export const refusals = { foreignOwner: 90, changedMeanwhile: 91, lockHeld: 92 } as const;

/** `rename FROM TO`, which survives a power cut, and `parents PATH`, which makes the directories on the way. */
export const pathFunctions = `
rename() { sync -- "$1"; mv -fT -- "$1" "$2"; sync -- "\${2%/*}/"; }
parents() { (umask 022 && mkdir -p -- "\${1%/*}/"); }
`;

/**
 * The functions that carry out steps. A path appears only by a rename, after a sync, and one lock per server keeps two
 * deployments apart. Undeclared parent directories are created with mode 0755 and stay when the path is removed.
 */
const functions = `
set -eu
umask 077
state=${stateDirectory}
refuse() { printf '%s' "$2" >&2; exit "$1"; }
${pathFunctions}
claim() {
  while :; do
    mkdir -p -- "$state/records"
    exec 9>>"$state/lock"
    flock -w 60 9 || refuse ${refusals.lockHeld} ''
    if [ "$state/lock" -ef /proc/self/fd/9 ]; then break; fi
  done
  if [ -s "$state/owner" ]; then
    owner=$(cat "$state/owner")
    case $owner in
      "$1") return ;;
      "\${2-$1}") ;;
      *) refuse ${refusals.foreignOwner} "$owner" ;;
    esac
  fi
  printf '%s\\n' "$1" > "$state/owner~"
  rename "$state/owner~" "$state/owner"
}
fingerprint() {
  if [ -L "$1" ]; then echo other
  elif [ -f "$1" ]; then hash=$(sha256sum < "$1"); echo "file:\${hash%% *}"
  elif [ -d "$1" ]; then echo directory
  elif [ -e "$1" ]; then echo other
  else echo absent; fi
}
expect() { [ "$(fingerprint "$1")" = "$2" ] || refuse ${refusals.changedMeanwhile} "$1"; }
${keepFunctions}
write() {
  parents "$1"
  directory=\${1%/*} base=\${1##*/}
  rm -f -- "$directory/.$base."??????'~'
  temporary=$(mktemp --suffix='~' -- "$directory/.$base.XXXXXX")
  trap 'rm -f -- "$temporary"' EXIT
  cat < "$INPUT" > "$temporary"
  hash=$(sha256sum < "$temporary")
  [ "\${hash%% *}" = "$4" ] || { echo "the file did not arrive as it was sent" >&2; exit 1; }
  chown -- "$3" "$temporary"
  chmod -- "0$2" "$temporary"
  rename "$temporary" "$1"
}
make_directory() {
  parents "$1"
  mkdir -- "$1"
  set_permissions "$@"
  sync -- "\${1%/*}/"
}
# Five digits, because chmod leaves a directory's setgid bit alone when there are four.
set_permissions() { chown -h -- "$3" "$1"; chmod -- "0$2" "$1"; }
# From within, so that nothing can be put in its place between the look and the change.
close_directory() {
  (
    cd -P -- "$1" 2>/dev/null || exit 0
    if [ "$(pwd -P)" != "$1" ] || [ -z "$(find . -maxdepth 0 -perm -0002 ! -perm -1000)" ]; then exit 0; fi
    chmod o-w . || { echo "$1 is world-writable, and chmod o-w failed" >&2; exit 1; }
    printf 'closed %s\\n' "$1"
  )
}
write_record() {
  printf '%s' "$2" > "$state/records/.$1~"
  mv -fT -- "$state/records/.$1~" "$state/records/$1"
}
drop_record() {
  rm -f -- "$state/records/$1" "$state/records"/.*'~'
  rmdir -- "$state/records" 2>/dev/null || return 0
  rm -f -- "$state/owner" "$state/lock"
  rmdir -- "$state"
}
remove_file() { rm -f -- "$1"; sync -- "\${1%/*}/"; }
remove_directory() { rmdir -- "$1" 2>/dev/null || printf 'left %s\\n' "$1"; }
${ownCrontabFunction}
replace_crontab() {
  hash=$(own_crontab | sha256sum)
  [ "\${hash%% *}" = "$1" ] || refuse ${refusals.changedMeanwhile} "the crontab of root"
  place "$3"
  own_crontab > "$replaced/.$name~"
  rename "$replaced/.$name~" "$replaced/$name"
  if [ -n "$2" ]; then printf '%s' "$2" | base64 -d | crontab -u root -; else crontab -u root -r; fi
  printf 'kept %s\\n' "$replaced/$name"
  forget_older "$4"
}
`;

/**
 * A script that claims the machine for `stack` (it may belong to `former` until then), checks the observations of the
 * plan, and does its steps.
 * @param replaced where what they replace is kept
 */
export function changingScript(
  [stack, former]: readonly [stack: string, former: string | null],
  replaced: Replaced,
  expectations: string[],
  steps: string[],
): string {
  const claim = ["claim", quote(stack), ...(former === null ? [] : [quote(former)])].join(" ");
  return [
    functions,
    `replaced=${quote(replaced.directory)} usual=${quote(replaced.usual)}`,
    claim,
    ...expectations,
    ...steps,
  ].join("\n");
}
