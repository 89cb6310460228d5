import type { Cluster, ServerSetting } from "../../contract/cluster.ts";
import { localeArguments, plainLocaleNote, refusedNote, refusedSettings } from "./likeness.ts";
import { trialDirectory } from "./trial-container.ts";
import { configurationLines } from "./trial-server.ts";

/**
 * Shell lines that put the programs of the wanted PostgreSQL onto PATH: $1 is its major version, empty if unknown.
 * Debian's packages keep initdb off PATH, and an image may hold several major versions.
 * @param root prefix of the packages' program directories.
 */
export const findPrograms = (root = ""): string => `major=$1
shift
is_wanted() {
  said=$("$1" --version 2>/dev/null) || return 1
  case $said in *") $major" | *") $major"[!0-9]*) ;; *) [ -z "$major" ] ;; esac
}
take() { if is_wanted "$1/initdb"; then PATH="$1:$PATH"; fi; }
if ! is_wanted initdb; then
  for bin in ${root}/usr/lib/postgresql/*/bin ${root}/usr/pgsql-*/bin ${root}/usr/libexec/postgresql*/ ${root}/usr/local/pgsql/bin; do
    take "\${bin%/}"
  done
  is_wanted initdb || { echo "it has no initdb\${major:+ of PostgreSQL $major}" >&2; exit 1; }
fi`;

/** Errors are parsed, so they must be in English. */
const shell = `set -eu
export LC_ALL=C
${findPrograms()}
cd ${trialDirectory}`;

/** The arguments after user and encoding are the locale. If the image lacks it, locale C is used. */
const initialise = `${shell}
user=$1 encoding=$2
shift 2
make() { initdb --pgdata=data --username="$user" --auth=trust --no-sync --encoding="$encoding" "$@" >>log 2>&1; }
made=alike
if ! make "$@"; then
  rm -rf data
  make --locale=C || { tail -n 3 log >&2; exit 1; }
  made=plain
fi
{ cat; echo "include 'live.conf'"; } >>data/postgresql.conf
echo "$made"`;

/** If the server does not start, its log is the answer. */
const start = `${shell}
cat >data/live.conf
: >server.log
pg_ctl --pgdata=data --log=server.log --wait --timeout=300 start >>log 2>&1 && exit 0
tail -n 3 log >&2
cat server.log
exit 1`;

/** Runs a program as the system's user of PostgreSQL. */
export type RunInContainer = (
  argv: readonly string[],
  input: string,
) => Promise<{ code: number; stdout: string; stderr: string }>;

export interface TrialServer {
  /** The live server's major version; null if it does not answer. */
  major: number | null;
  /** The superuser that initdb makes. */
  user: string;
  template: Cluster["template"];
  /** Lines of postgresql.conf. */
  configuration: string;
  /** The settings of the live server. */
  settings: readonly ServerSetting[];
}

/**
 * Makes and starts a server like the live one, as far as its image allows.
 * @returns the differences from the live one, one sentence each; or, as `failure`, why there is no server.
 */
export async function startTrialServer(
  run: RunInContainer,
  { major, user, template, configuration, settings }: TrialServer,
): Promise<{ notes: string[]; failure: string | null }> {
  const notes: string[] = [];
  const locale = localeArguments(template);
  const version = String(major ?? "");
  const argv = ["sh", "-c", initialise, "sh", version, user, template.encoding, ...locale];
  const made = await run(argv, configuration);
  if (made.code !== 0) return { notes, failure: made.stderr };
  if (made.stdout.trim() === "plain") notes.push(plainLocaleNote(template));
  for (let left = settings; ; ) {
    const { code, stdout, stderr } = await run(["sh", "-c", start, "sh", version], configurationLines(left));
    if (code === 0) return { notes, failure: null };
    const refused = refusedSettings(left, stdout);
    if (refused.length === 0)
      return { notes, failure: `${stderr}\n${stdout.trim().split("\n").slice(-3).join("\n")}` };
    notes.push(...refused.map(refusedNote));
    left = left.filter((setting) => !refused.includes(setting));
  }
}
