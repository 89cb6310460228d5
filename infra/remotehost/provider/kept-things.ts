/** Where what is replaced on a server is kept. */
export interface Replaced {
  directory: string;
  /** Where it is kept while no program says where; what lies there is moved to the directory. */
  usual: string;
}

/** How many copies of one path are kept. */
const keptCopies = 20;

/** The path part of a kept file's name. Two paths have the same only if they are longer than that. */
const suffixOf = (path: string): string => path.replaceAll("+", "++").replaceAll("/", "+");
const longest = 180;

/** The name under which a replaced file is kept: time and path. */
export function replacedName(path: string, now: Date): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return `${time}${suffixOf(path).slice(-longest)}`;
}

/** The common suffix of all kept files of a path; empty if it is not unique to the path. */
export function commonSuffix(path: string): string {
  const suffix = suffixOf(path);
  return suffix.length > longest ? "" : suffix;
}

/**
 * Shell functions; `$replaced` is where things are kept, `$usual` where they are kept while nobody says where,
 * `parents` and `rename` are those of the changing script.
 *
 * - `place NAME` creates the directory and sets `$name` to a free name in it: `TIME.2+PATH` for a second file of the
 *   same second. Files that an older version kept elsewhere are moved there first.
 * - `keep move|copy PATH NAME SUFFIX` keeps a file or directory. Only the newest files of one path stay. A directory
 *   that was moved here is another user's data and stays for ever.
 */
export const keepFunctions = `
make_replaced() {
  parents "$replaced/x"
  chmod 0700 "$replaced"
}
adopt_usual() {
  if [ "$replaced" = "$usual" ] || [ -L "$usual" ] || [ ! -d "$usual" ]; then return; fi
  for kept in "$usual"/*; do
    there=$replaced/\${kept##*/}
    if [ -e "$there" ] || [ -L "$there" ]; then continue; fi
    if [ -e "$kept" ] || [ -L "$kept" ]; then mv -T -- "$kept" "$there" || :; fi
  done
  rmdir -- "$usual" 2>/dev/null || :
}
place() {
  make_replaced
  adopt_usual
  name=$1 number=1
  while [ -e "$replaced/$name" ] || [ -L "$replaced/$name" ]; do
    number=$((number + 1)) name=\${1%%+*}.$number+\${1#*+}
  done
}
is_kept_of() {
  if [ ! -f "$1" ] && [ ! -L "$1" ]; then return 1; fi
  rest=\${1##*/}
  [ "+\${rest#*+}" = "$2" ]
}
forget_older() {
  if [ -z "$1" ]; then return; fi
  total=0
  for kept in "$replaced"/????????T??????Z*; do
    if is_kept_of "$kept" "$1"; then total=$((total + 1)); fi
  done
  for kept in "$replaced"/????????T??????Z*; do
    if [ "$total" -le ${keptCopies} ]; then break; fi
    if is_kept_of "$kept" "$1"; then rm -f -- "$kept" && total=$((total - 1)); fi
  done
}
keep() {
  # What stands where the directory itself is to be made cannot be moved into it.
  case $replaced/ in "$2"/*) replaced=$2.replaced ;; esac
  place "$3"
  if [ "$1" = move ]; then mv -T -- "$2" "$replaced/$name"
  else cp -p -- "$2" "$replaced/.$name~" && rename "$replaced/.$name~" "$replaced/$name"; fi
  printf 'kept %s\\n' "$replaced/$name"
  forget_older "$4"
}
`;
