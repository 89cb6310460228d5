import { identified } from "../../contract/error-ids.ts";
import type { Settings } from "../../contract/settings.ts";
import type { Finding } from "../../contract/status-report.ts";
import { formatBytes } from "../base/format.ts";
import { critical, note, ok, unknown, warning } from "./levels.ts";
import { type DatabaseObservation, isNotYetDeployed, type PostgresFigures } from "./observation.ts";

const otherwise = (container: string): string => `see: docker logs --tail 100 ${container}`;

/** Point 2: the database accepts connections and has some to spare. */
export function judgeConnections(database: DatabaseObservation, settings: Settings): Finding[] {
  const { postgres } = database;
  const { container } = database.settings;
  if (!postgres.answers) {
    if (isNotYetDeployed(database)) return [note("not deployed yet")];
    if (postgres.kind === "container")
      return [critical("there is no container to ask [DBK-STATUS-5]", "see point 1")];
    if (postgres.kind === "silent") {
      return [critical(identified(`no answer: ${postgres.reason}`, "[DBK-PG-1]"), otherwise(container))];
    }
    if (postgres.kind === "unreadable")
      return [unknown(identified(postgres.reason, "[DBK-PG-2]"), otherwise(container))];
    if (database.lockedBy?.restoring === true) {
      const what = `${database.lockedBy.text}, is running and may block connections: ${postgres.reason} [DBK-STATUS-2]`;
      return [unknown(what, "check again when it has ended")];
    }
    const { reason, refusal } = postgres;
    const isKnown = refusal == null || reason.includes(refusal.text);
    const text = isKnown ? reason : `${reason}: ${refusal.text}`;
    return [critical(identified(text, "[DBK-PG-1]"), refusal?.advice ?? otherwise(container))];
  }
  const { used, maximum } = postgres.figures.connections;
  const percent = Math.round((used / maximum) * 100);
  const text = `${used} of ${maximum} connections in use (${percent} %)`;
  if (percent < settings.monitoring.connectionsWarningPercent) return [ok(text)];
  return [warning(`${text} [DBK-STATUS-3]`, "look for leaking pools, or raise max_connections")];
}

/** The database's size in the newest backup that records it; null if none does. */
export function sizeAtBackup(database: DatabaseObservation): number | null {
  if (!database.backups.readable) return null;
  for (const { manifest } of database.backups.value) {
    if (manifest !== null && manifest.databaseBytes !== null) return manifest.databaseBytes;
  }
  return null;
}

/**
 * An in-place restore that crashed, or could not put the backup back. A database with the live name is then not the
 * original.
 */
function judgeInPlace(
  { inPlaceState, lockedBy, settings }: DatabaseObservation,
  server: Settings,
): Finding[] {
  if (inPlaceState === null || lockedBy !== null) return [];
  const command = `${server.paths.restoreLauncher} --rollback --database ${settings.name}`;
  return [
    critical(
      `the in-place restore of ${settings.database} did not finish; its data is in the backup that ${inPlaceState} names [DBK-INPLACE-6]`,
      `put it back: ${command}; or remove that file if ${settings.database} is whole`,
    ),
  ];
}

/** Point 3: no in-place restore has left the database dropped, it exists, and it is not suddenly much smaller. */
export function judgeDatabase(database: DatabaseObservation, settings: Settings): Finding[] {
  return [...judgeInPlace(database, settings), ...judgeSizeNow(database, settings)];
}

function judgeSizeNow(database: DatabaseObservation, settings: Settings): Finding[] {
  const { postgres } = database;
  const name = database.settings.database;
  if (!postgres.answers) {
    if (isNotYetDeployed(database)) return [note("not deployed yet")];
    return [unknown(`the size of ${name} is unknown [DBK-STATUS-5]`, "see points 1 and 2")];
  }
  return [
    ...judgeSizeOf(postgres.figures, database, settings),
    ...judgeCollation(postgres.figures, database),
  ];
}

/** PostgreSQL warns on every connection, and goes on using indexes whose order may be wrong now. */
function judgeCollation({ collation }: PostgresFigures, { settings }: DatabaseObservation): Finding[] {
  const { recorded = null, actual = null } = collation ?? {};
  if (recorded === null || actual === null || recorded === actual) return [];
  const { database, container } = settings;
  return [
    note(
      `${database} was made with version ${recorded} of its collation, and ${container} has version ${actual}: ` +
        "indexes on text may be out of order",
      `in it: REINDEX DATABASE "${database}"; then ALTER DATABASE "${database}" REFRESH COLLATION VERSION`,
    ),
  ];
}

function judgeSizeOf(figures: PostgresFigures, database: DatabaseObservation, settings: Settings): Finding[] {
  const name = database.settings.database;
  const { databaseBytes, serverVersion } = figures;
  const text = `${name}, ${formatBytes(databaseBytes)}, PostgreSQL ${serverVersion}`;
  const before = sizeAtBackup(database);
  const limit = settings.monitoring.shrinkWarningPercent;
  const shrunk = before === null || before === 0 ? 0 : Math.round((1 - databaseBytes / before) * 100);
  if (shrunk < limit) return [ok(text)];
  return [
    warning(
      `${text}: ${shrunk} % smaller than the ${formatBytes(before ?? 0)} of the newest backup [DBK-STATUS-4]`,
      "check that nothing was deleted by mistake; run: restore_database.sh --list",
    ),
  ];
}
