import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { restoringName } from "../postgres/database-names.ts";
import { withDatabase } from "../postgres/run.ts";
import { identifier } from "../postgres/sql.ts";
import { trialContainerName } from "../recovery/container-removal.ts";
import type { RestoreRun } from "../restore/run.ts";
import type { RestoreSource } from "../restore/source.ts";
import { restoredBytes } from "../restore/space-check.ts";
import { runDocker } from "../system/docker.ts";
import { freeIn, usedIn } from "./disk-usage.ts";
import { imageOf } from "./image.ts";
import { settingsOnTrial } from "./likeness.ts";
import type { LiveFacts } from "./live-facts.ts";
import type { Place } from "./place.ts";
import { findSystemUser } from "./system-user.ts";
import { TrialContainer, trialDirectory } from "./trial-container.ts";
import {
  bootstrapUser,
  emptyClusterBytes,
  preloaded,
  rolesScript,
  tablespaces,
  trialServerSettings,
} from "./trial-server.ts";
import { type RunInContainer, startTrialServer } from "./trial-start.ts";

/** The disk use of the server, for an image without du. */
const sizeQuery = `SELECT (SELECT coalesce(sum(pg_tablespace_size(oid)), 0) FROM pg_tablespace) +
  (SELECT coalesce(sum(size), 0) FROM pg_ls_waldir())`;

/**
 * A server in a throw-away container of the live container's image, with the backup's roles.
 * @param rolesSql the backup's roles file; null where it has none.
 * @param live null if the live server does not answer.
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
  // A configured port or password of the live server does not apply to the trial server.
  const { dataDirectory } = database;
  const trial = withDatabase(run, {
    ...{ name: database.name, container: name, database: database.database, user, dataDirectory },
  });
  const maintenance = database.database === "postgres" ? "template1" : "postgres";
  let answers = false;
  const bounded = (asking: AbortSignal) => ({ timeoutSeconds: settings.timeouts.query, signal: asking });

  let systemUser = "postgres";
  const inContainer: RunInContainer = (argv, input) =>
    runDocker(name, ["exec", "--interactive", "--user", systemUser, name, ...argv], { signal, input });
  const noServer = (reason: string) =>
    new ProgramError(
      `could not start a server of the image of ${database.container}: ${reason.trim()} [DBK-REHEARSAL-4]`,
      ExitCode.failed,
    );

  return {
    run: trial,
    name: database.database,
    // Objects that need the live name would fail in a restore too.
    filledAs: restoringName(database.database, run.runId),
    maintenance,
    properties,
    rolesRestored: rolesSql !== null,
    needed: restoredBytes(source) + emptyClusterBytes,
    used: async (asking) => {
      const used = await usedIn(name, trialDirectory, systemUser, bounded(asking));
      if (used !== null) return used;
      return answers ? Number(await trial.server.in(maintenance, asking).query(sizeQuery)) : 0;
    },
    free: (asking) => freeIn(name, trialDirectory, bounded(asking)),
    open: async () => {
      const [image, runsAs] = await Promise.all([imageOf(run), findSystemUser(run)]);
      systemUser = await container.start(image, runsAs);
    },
    prepare: async () => {
      const { manifest } = source;
      const known = manifest?.cluster ?? null;
      // As in a restore: into a server like the live one, under the settings of the backup.
      const template = live?.cluster.template ?? known?.template ?? properties;
      const settingsOf = known ?? live?.cluster ?? { settings: [] };
      const { notes, failure } = await startTrialServer(inContainer, {
        major: live === null ? null : Math.floor(live.versionNumber / 10_000),
        user,
        template,
        configuration: trialServerSettings(settings.rehearsal.memoryBytes, manifest, live),
        settings: settingsOnTrial(settingsOf, live?.preloaded ?? [], preloaded(manifest, live)),
      });
      if (failure !== null) throw noServer(failure);
      answers = true;
      const ask = (sql: string) => trial.server.in(maintenance, signal).query(sql);
      if (maintenance !== "postgres") await ask("DROP DATABASE postgres");
      const names = new Set([properties.tablespace, ...(live?.tablespaces ?? [])]);
      names.delete("pg_default");
      const { paths, sql } = tablespaces([...names], trialDirectory);
      if (paths.length > 0) {
        const { code, stderr } = await inContainer(["mkdir", ...paths], "");
        if (code !== 0) throw noServer(stderr);
        await ask(sql);
      }
      const roles = rolesSql === null ? namesOnly(live, user) : rolesScript(rolesSql, user);
      // An error message must not show a password's hash.
      await ask(`\\set VERBOSITY terse\n${roles}`);
      return notes;
    },
    remove: () => container.remove(),
  };
}

/** For a backup that never had a roles file: the live server's roles, without any rights. */
const namesOnly = (live: LiveFacts | null, user: string): string =>
  (live?.roles ?? [])
    .filter((role) => role !== user)
    .map((role) => `CREATE ROLE ${identifier(role)};`)
    .join("\n");
