import type { Cluster, ServerSetting } from "../../contract/cluster.ts";
import { localeArguments, plainLocaleNote, refusedNote, refusedSettings } from "./likeness.ts";
import { trialDirectory } from "./trial-container.ts";
import { configurationLines } from "./trial-server.ts";

/** Debian's packages keep initdb off PATH; the official images do not. Errors are read: they are wanted in English. */
const shell = `set -eu
export LC_ALL=C
command -v initdb >/dev/null || for bin in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
  if [ -x "$bin/initdb" ]; then PATH="$bin:$PATH"; fi
done
cd ${trialDirectory}`;

/** What is after $2 is the locale; where the image cannot have it, the plain one does. */
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

/** The log of a server that does not start is answered. */
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
  /** The superuser that initdb makes. */
  user: string;
  template: Cluster["template"];
  /** Lines of postgresql.conf. */
  configuration: string;
  /** What the live server sets. */
  settings: readonly ServerSetting[];
}

/**
 * Makes and starts a server like the live one, as far as its image can.
 * @returns in what it is not, one sentence each; or, as `failure`, why there is none.
 */
export async function startTrialServer(
  run: RunInContainer,
  { user, template, configuration, settings }: TrialServer,
): Promise<{ notes: string[]; failure: string | null }> {
  const notes: string[] = [];
  const locale = localeArguments(template);
  const argv = ["sh", "-c", initialise, "sh", user, template.encoding, ...locale];
  const made = await run(argv, configuration);
  if (made.code !== 0) return { notes, failure: made.stderr };
  if (made.stdout.trim() === "plain") notes.push(plainLocaleNote(template));
  for (let left = settings; ; ) {
    const { code, stdout, stderr } = await run(["sh", "-c", start, "sh"], configurationLines(left));
    if (code === 0) return { notes, failure: null };
    const refused = refusedSettings(left, stdout);
    if (refused.length === 0)
      return { notes, failure: `${stderr}\n${stdout.trim().split("\n").slice(-3).join("\n")}` };
    notes.push(...refused.map(refusedNote));
    left = left.filter((setting) => !refused.includes(setting));
  }
}
