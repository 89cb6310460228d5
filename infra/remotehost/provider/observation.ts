import { quote } from "./quote.ts";
import { type PathRecord, parseRecord, recordName, stateDirectory } from "./records.ts";

/** Owner and group as names and as numbers, because a wish may use either. */
export interface Attributes {
  /** Four octal digits. */
  mode: string;
  owner: string;
  ownerId: string;
  group: string;
  groupId: string;
}

/** What lies at a path. A symbolic link is never followed: it is something other. */
export type Found =
  | { kind: "absent" }
  | { kind: "directory"; attributes: Attributes }
  /** `content` is null where it was not asked for or is too large to show. */
  | { kind: "file"; attributes: Attributes; size: number; sha256: string; content: Buffer | null }
  | { kind: "other"; type: string };

export interface Observation {
  path: string;
  found: Found;
  record: PathRecord | null;
}

export interface Snapshot {
  /** `PROJECT/STACK` that owns the machine. */
  owner: string | null;
  /** root's own crontab; null where there is none. */
  crontab: string | null;
  observations: Map<string, Observation>;
}

/** Whether a file's content is wanted: `changed` means when it is not what its record says. */
export type ContentWish = "never" | "changed" | "always";

/** A larger plain file's content is not shown, only its sha256. */
export const largestShown = 256 * 1024;

/** Prints lines of fields between colons; texts in base64, so that no name or content can be taken for a field. */
const functions = `
state=${stateDirectory}
encoded() { base64 -w0; }
field() { sed -n "s/^$1=//p" "$2"; }
look() {
  printf 'path:%s:' "$(printf %s "$1" | encoded)"
  if [ -L "$1" ]; then printf 'other:%s\\n' "$(printf 'a symbolic link to %s' "$(readlink -- "$1")" | encoded)"
  elif [ -f "$1" ]; then
    attributes=$(stat -c '%a:%U:%u:%G:%g:%s' -- "$1") && hash=$(sha256sum < "$1") || { echo absent; return; }
    hash=\${hash%% *} content=-
    if [ "\${attributes##*:}" -le ${largestShown} ] && { [ "$3" = always ] || { [ "$3" = changed ] && [ "$hash" != "$2" ]; }; }
    then content=+$(encoded < "$1"); fi
    printf 'file:%s\\n' "$attributes:$hash:$content"
  elif [ -d "$1" ]; then printf 'directory:%s\\n' "$(stat -c '%a:%U:%u:%G:%g' -- "$1")"
  elif [ -e "$1" ]; then printf 'other:%s\\n' "$(stat -c 'a %F' -- "$1" | encoded)"
  else echo absent; fi
}
observe() {
  hash= wish=$3
  if [ -f "$state/records/$1" ]; then
    printf 'record:%s\\n' "$(encoded < "$state/records/$1")"
    hash=$(field sha256 "$state/records/$1")
    if [ "$wish" = recorded ]; then
      case $(field content "$state/records/$1") in plain) wish=changed ;; *) wish=never ;; esac
    fi
  fi
  look "$2" "$hash" "$wish"
}
about() {
  if [ -f "$state/owner" ]; then printf 'owner:%s\\n' "$(encoded < "$state/owner")"; fi
  if lines=$(crontab -u root -l 2>/dev/null && echo .); then printf 'crontab:+%s\\n' "$(printf %s "\${lines%.}" | encoded)"; fi
}
`;

/** A script that observes every path that the server's own records name. */
export function everythingScript(): string {
  return `${functions}
about
for record in "$state"/records/*; do
  if [ -f "$record" ]; then observe "\${record##*/}" "$(field path "$record")" recorded; fi
done`;
}

/** A script that observes these paths. */
export function pathsScript(wishes: ReadonlyMap<string, ContentWish>): string {
  const lines = [...wishes].map(([path, wish]) => `observe ${recordName(path)} ${quote(path)} ${wish}`);
  return [functions, "about", ...lines].join("\n");
}

/** Reads what either script printed. */
export function parseSnapshot(output: string): Snapshot {
  const snapshot: Snapshot = { owner: null, crontab: null, observations: new Map() };
  let record: PathRecord | null = null;
  for (const line of output.split("\n")) {
    const [word, first = "", ...rest] = line.split(":");
    if (word === "owner") snapshot.owner = decoded(first).toString().trim();
    if (word === "crontab") snapshot.crontab = decoded(first.slice(1)).toString();
    if (word === "record") record = parseRecord(decoded(first).toString());
    if (word !== "path") continue;
    const path = decoded(first).toString();
    snapshot.observations.set(path, { path, found: parseFound(rest), record });
    record = null;
  }
  return snapshot;
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
  const [size = "", sha256 = "", content = "-"] = rest.slice(5);
  return {
    kind,
    attributes: parseAttributes(rest),
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
