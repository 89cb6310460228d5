import { restoringName } from "../database-names.ts";
import { runDocker } from "../docker.ts";
import { ProgramError } from "../errors.ts";
import { ExitCode } from "../exit-codes.ts";
import { query } from "../psql.ts";
import { questionOptions, type RestoreRun } from "../restore/run.ts";
import type { RestoreSource } from "../restore/source.ts";
import { restoredBytes } from "../restore/space-check.ts";
import { identifier } from "../sql.ts";
import { trialContainerName } from "./container-removal.ts";
import { freeIn, usedIn } from "./disk-usage.ts";
import { imageOf } from "./image.ts";
import type { LiveFacts } from "./live-facts.ts";
import type { Place } from "./place.ts";
import { TrialContainer, trialDirectory } from "./trial-container.ts";
import {
  bootstrapUser,
  emptyClusterBytes,
  rolesScript,
  tablespaces,
  trialServerSettings,
} from "./trial-server.ts";

/** Debian's packages keep initdb off PATH; the official images do not. */
const startPostgres = `set -eu
command -v initdb >/dev/null || for bin in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
  if [ -x "$bin/initdb" ]; then PATH="$bin:$PATH"; fi
done
cd ${trialDirectory}
{
  initdb --pgdata=data --username="$1" --auth=trust --no-sync --encoding=UTF8 --locale=C &&
  cat >>data/postgresql.conf &&
  pg_ctl --pgdata=data --log=log --wait --timeout=300 start
} >>log 2>&1 || { tail -n 3 log >&2; exit 1; }`;

/** What the server takes, for an image without du. */
const sizeQuery = `SELECT (SELECT coalesce(sum(pg_tablespace_size(oid)), 0) FROM pg_tablespace) +
  (SELECT coalesce(sum(size), 0) FROM pg_ls_waldir())`;

/**
 * A server of the live container's image in a throw-away container, with the backup's roles.
 * @param rolesSql the backup's roles file; null where it has none.
 * @param live null when the live server does not answer.
 */
export function containerPlace(
  run: RestoreRun,
  source: RestoreSource,
  rolesSql: string | null,
  properties: Place["properties"],
  live: LiveFacts | null,
): Place {
  const { database, settings, signal } = run;
  const name = trialContainerName(database, run.runId);
  const container = new TrialContainer(run, name);
  const user = bootstrapUser(source.manifest, database.user);
  const trial = { ...run, database: { ...database, container: name, user } };
  const maintenance = database.database === "postgres" ? "template1" : "postgres";
  let answers = false;
  const bounded = (asking: AbortSignal) => ({ timeoutSeconds: settings.timeouts.query, signal: asking });

  /** Runs a program as the system's user of PostgreSQL. */
  const inContainer = async (argv: string[], input: string) => {
    const exec = ["exec", "--interactive", "--user", "postgres", name, ...argv];
    const { code, stderr } = await runDocker(name, exec, { signal, input });
    if (code === 0) return;
    throw new ProgramError(
      `no server of the image of ${database.container} could be started: ${stderr.trim()}`,
      ExitCode.failed,
    );
  };

  return {
    run: trial,
    name: database.database,
    // What insists on the live name would fail in a restore too.
    filledAs: restoringName(database.database, run.runId),
    maintenance,
    properties,
    rolesRestored: rolesSql !== null,
    needed: restoredBytes(source) + emptyClusterBytes,
    used: async (asking) => {
      const used = await usedIn(name, trialDirectory, "postgres", bounded(asking));
      if (used !== null) return used;
      return answers
        ? Number(await query(trial.database, sizeQuery, questionOptions(trial, maintenance, asking)))
        : 0;
    },
    free: (asking) => freeIn(name, trialDirectory, bounded(asking)),
    open: async () => container.start(await imageOf(run)),
    prepare: async () => {
      const conf = trialServerSettings(settings.rehearsal.memoryBytes, source.manifest, live);
      await inContainer(["sh", "-c", startPostgres, "sh", user], conf);
      answers = true;
      const ask = (sql: string) => query(trial.database, sql, questionOptions(trial, maintenance, signal));
      if (maintenance !== "postgres") await ask("DROP DATABASE postgres");
      const names = new Set([properties.tablespace, ...(live?.tablespaces ?? [])]);
      names.delete("pg_default");
      const { paths, sql } = tablespaces([...names], trialDirectory);
      if (paths.length > 0) {
        await inContainer(["mkdir", ...paths], "");
        await ask(sql);
      }
      const roles = rolesSql === null ? namesOnly(live, user) : rolesScript(rolesSql, user);
      // An error message must not show a password's hash.
      await ask(`\\set VERBOSITY terse\n${roles}`);
    },
    remove: () => container.remove(),
  };
}

/** For a backup that never had a roles file: the live server's roles without anything that they may do. */
const namesOnly = (live: LiveFacts | null, user: string): string =>
  (live?.roles ?? [])
    .filter((role) => role !== user)
    .map((role) => `CREATE ROLE ${identifier(role)};`)
    .join("\n");
