import { quote } from "../../../scripts/contract/quoting.ts";
import { ownCrontabFunction } from "./cron-table/own-crontab.ts";
import { type PathRecord, parseRecord, recordName, stateDirectory } from "./records.ts";

/** Owner and group as names and as numbers, because the desired state may name either. */
export interface Attributes {
  /** Four octal digits. */
  mode: string;
  owner: string;
  ownerId: string;
  group: string;
  groupId: string;
}

/** The object at a path. A symbolic link is never followed: it counts as `other`. */
export type Found =
  | { kind: "absent" }
  | { kind: "directory"; attributes: Attributes }
  /** `content` is null if it was not requested or is too large to show. */
  | {
      kind: "file";
      attributes: Attributes;
      /** How many names the file has. */
      links: number;
      size: number;
      sha256: string;
      content: Buffer | null;
    }
  | { kind: "other"; type: string };

export interface Observation {
  path: string;
  found: Found;
  record: PathRecord | null;
}

export interface Snapshot {
  /** `PROJECT/STACK` that owns the machine. */
  owner: string | null;
  /** root's own crontab, one character per byte; null if there is none. */
  crontab: string | null;
  observations: Map<string, Observation>;
  /** World-writable parent directories of the paths, by path, with their modes. */
  open: Map<string, string>;
}

/** Whether a file's content is requested; `changed`: only if it differs from its record. */
export type ContentRequest = "never" | "changed" | "always";

/** A larger plain file's content is not shown, only its sha256. */
export const largestShown = 256 * 1024;

/**
 * Prints lines of a word and fields separated by colons; contents in base64. Facts of a path come in lines before its
 * own. A process costs a millisecond and there are dozens of records, so the shell reads them itself.
 */
const functions = `
state=${stateDirectory}
encoded() { base64 -w0; }
absent() { echo found:absent; }
other() { printf 'found:other:%s\\n' "$(printf %s "$1" | encoded)"; }
read_record() {
  path= hash= content=
  while IFS= read -r line || [ -n "$line" ]; do
    printf 'record:%s\\n' "$line"
    case $line in
      path=*) path=\${line#path=} ;;
      sha256=*) hash=\${line#sha256=} ;;
      content=*) content=\${line#content=} ;;
    esac
  done < "$1"
}
look_at_file() {
  attributes=$(stat -c '%a:%U:%u:%G:%g:%h:%s' -- "$1") && now=$(sha256sum < "$1") || { absent; return; }
  now=\${now%% *} shown=-
  if [ "\${attributes##*:}" -le ${largestShown} ] && { [ "$3" = always ] || { [ "$3" = changed ] && [ "$now" != "$2" ]; }; }
  then shown=+$(encoded < "$1"); fi
  printf 'found:file:%s\\n' "$attributes:$now:$shown"
}
look() {
  printf 'path:%s\\n' "$1"
  if [ -L "$1" ]; then other "a symbolic link to $(readlink -- "$1")"
  elif [ -f "$1" ]; then look_at_file "$@"
  elif [ -d "$1" ]; then stat -c 'found:directory:%a:%U:%u:%G:%g' -- "$1" || absent
  elif [ -e "$1" ]; then other "$(stat -c 'a %F' -- "$1")"
  else absent; fi
}
# The directories on the way to a path, as far as no link leads elsewhere.
newline='
'
above=
add_above() {
  rest=\${1#/} directory=
  while :; do
    case $rest in */*) ;; *) return ;; esac
    directory=$directory/\${rest%%/*} rest=\${rest#*/}
    if [ -L "$directory" ]; then return; fi
    case $newline$above in *"$newline$directory$newline"*) ;; *) above=$above$directory$newline ;; esac
  done
}
say_open() {
  if [ -z "$above" ]; then return; fi
  set -f
  IFS=$newline
  find $above -maxdepth 0 -type d -perm -0002 ! -perm -1000 -printf 'open:%m:%p\\n' 2>/dev/null
}
observe_recorded() {
  read_record "$1"
  add_above "$path"
  case $content in plain) look "$path" "$hash" changed ;; *) look "$path" '' never ;; esac
}
observe() {
  hash=
  add_above "$2"
  if [ -f "$state/records/$1" ]; then read_record "$state/records/$1"; fi
  look "$2" "$hash" "$3"
}
${ownCrontabFunction}
about() {
  if [ -f "$state/owner" ]; then printf 'owner:%s\\n' "$(encoded < "$state/owner")"; fi
  crontab=$(own_crontab | encoded)
  if [ "$crontab" ]; then printf 'crontab:%s\\n' "$crontab"; fi
}
`;

/** A script that observes every path that the server's own records name. */
export function everythingScript(): string {
  return `${functions}
about
for record in "$state"/records/*; do
  if [ -f "$record" ]; then observe_recorded "$record"; fi
done
say_open || :`;
}

/** A script that observes these paths. */
export function pathsScript(requests: ReadonlyMap<string, ContentRequest>): string {
  const lines = [...requests].map(
    ([path, request]) => `observe ${recordName(path)} ${quote(path)} ${request}`,
  );
  return [functions, "about", ...lines, "say_open || :"].join("\n");
}

/** Reads what either script printed. */
export function parseSnapshot(output: string): Snapshot {
  const snapshot: Snapshot = { owner: null, crontab: null, observations: new Map(), open: new Map() };
  let path = "";
  let record: string[] = [];
  for (const line of output.split("\n")) {
    const [word, rest] = split(line);
    if (word === "owner") snapshot.owner = decoded(rest).toString().trim();
    if (word === "crontab") snapshot.crontab = decoded(rest).toString("latin1");
    if (word === "open") snapshot.open.set(...openDirectory(rest));
    if (word === "record") record.push(rest);
    if (word === "path") path = rest;
    if (word !== "found") continue;
    const found = parseFound(rest.split(":"));
    snapshot.observations.set(path, { path, found, record: parseRecord(record.join("\n")) });
    record = [];
  }
  return snapshot;
}

function split(line: string): [word: string, rest: string] {
  const end = line.indexOf(":");
  return [line.slice(0, end), line.slice(end + 1)];
}

function openDirectory(text: string): [path: string, mode: string] {
  const [mode, path] = split(text);
  return [path, mode.padStart(4, "0")];
}

function parseFound(fields: string[]): Found {
  const [kind, ...rest] = fields;
  if (kind === "directory") return { kind, attributes: parseAttributes(rest) };
  if (kind === "other")
    return {
      kind,
      type: decoded(rest[0] ?? "")
        .toString()
        .trim(),
    };
  if (kind !== "file") return { kind: "absent" };
  const [links = "", size = "", sha256 = "", content = "-"] = rest.slice(5);
  return {
    kind,
    attributes: parseAttributes(rest),
    links: Number(links),
    size: Number(size),
    sha256,
    content: content.startsWith("+") ? decoded(content.slice(1)) : null,
  };
}

function parseAttributes(fields: string[]): Attributes {
  const [mode = "", owner = "", ownerId = "", group = "", groupId = ""] = fields;
  return { mode: mode.padStart(4, "0"), owner, ownerId, group, groupId };
}

function decoded(text: string): Buffer {
  return Buffer.from(text, "base64");
}
