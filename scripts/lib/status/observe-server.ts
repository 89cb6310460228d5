import { existsSync } from "node:fs";
import { uptime } from "node:os";
import type { DatabaseSettings, Settings, StoreSettings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import type { RunRecords } from "../history/records.ts";
import { Server } from "../postgres/server.ts";
import type { Log } from "../program/log.ts";
import { lockPath } from "../recovery/lock-path.ts";
import { type Backup, listBackups } from "../store/backups.ts";
import { readState } from "../store/copies-state.ts";
import { inPlaceStatePath } from "../store/in-place-state.ts";
import { readLeftAlone } from "../store/left-alone.ts";
import { describeHolder, lockHolder } from "../system/lock.ts";
import { missingMount } from "../system/mounts.ts";
import { firstBackupDue } from "./due-runs.ts";
import type {
  ContainerState,
  DatabaseObservation,
  Observed,
  RehearsalState,
  ServerObservation,
  StoreObservation,
  Unreadable,
} from "./observation.ts";
import { observeContainers } from "./observe-containers.ts";
import { observeCron, observeCronTable } from "./observe-cron.ts";
import { liesInMemory, observeFileSystems } from "./observe-disks.ts";
import { observeHistory } from "./observe-history.ts";
import { observeLog } from "./observe-log.ts";
import { observePostgres } from "./observe-postgres.ts";
import { observeRehearsals, type RehearsalFiles } from "./observe-rehearsals.ts";
import { observeSurroundings } from "./observe-surroundings.ts";

/**
 * Looks at the server and at `databases`; Docker and all databases in parallel.
 * @throws InterruptedError on abort of `signal`; failed observations are part of the result.
 */
export async function observeServer(
  settings: Settings,
  databases: readonly DatabaseSettings[],
  run: { runId: string; signal: AbortSignal; log: Pick<Log, "problem">; records: RunRecords },
): Promise<ServerObservation> {
  const timeoutSeconds = settings.timeouts.query;
  const { runId, signal, records } = run;
  const rehearsals = databases.map((database) => observeRehearsals(settings, database));
  const inspection = observeContainers(
    [
      ...databases.map(({ container }) => container),
      ...rehearsals.flatMap(({ containersOfCrashed }) => containersOfCrashed),
    ],
    { timeoutSeconds, signal },
  );
  const answers = databases.map((database) =>
    observePostgres(Server.of({ settings, database, runId }), runId, signal),
  );
  const cron = observeCron({ timeoutSeconds, signal });
  const around = observeSurroundings(settings, { timeoutSeconds, signal });
  // Read the files while waiting for Docker and the databases.
  const files = {
    cronTable: observeCronTable(settings.paths.cronTable),
    fileSystems: observeFileSystems(settings),
    missingMount: missingMount(settings.paths.backups),
    log: observeLog(settings.paths.log),
    history: observeHistory(records, new Date()),
    recordProblem: records.problem(),
    stores: (settings.copies?.stores ?? []).map((place) => storeOf(settings, place)),
  };
  const local = databases.map((database) => localState(settings, database));
  const [containers, cronRunning, surroundings, ...postgres] = await Promise.all([
    inspection,
    cron,
    around,
    ...answers,
  ]);
  const now = new Date();
  return {
    now,
    settings,
    bootedAt: new Date(Date.now() - uptime() * 1000),
    ...files,
    cronRunning,
    ...(surroundings && { surroundings }),
    logProblem: run.log.problem,
    databases: databases.map((database, index) => {
      const state = local[index] ?? localState(settings, database);
      const named = { settings: database, rehearsals: rehearsalState(rehearsals[index], containers) };
      return {
        ...state,
        // A restore that has begun meanwhile may be the reason for the refusal.
        ...(postgres[index]?.answers === false && state.lockedBy === null
          ? { lockedBy: lockedNow(settings, database) }
          : {}),
        ...named,
        container: containers.readable
          ? { readable: true, value: containers.value.get(database.container) ?? null }
          : containers,
        postgres: postgres[index] ?? { answers: false, kind: "unreadable", reason: "it was not asked" },
        firstBackupDue: firstBackupDue(settings, now, files.cronTable, files, { ...state, ...named }),
      };
    }),
  };
}

function storeOf({ paths }: Settings, place: StoreSettings): StoreObservation {
  const { problem, state } = readState(paths.backups, place);
  const known =
    problem === null
      ? { readable: true as const, value: state }
      : { readable: false as const, reason: problem };
  return { place, state: known };
}

/** Of the possible leftover containers, those that exist. */
function rehearsalState(
  files: RehearsalFiles | undefined,
  containers: Observed<ReadonlyMap<string, ContainerState | null>> | Unreadable,
): RehearsalState {
  const { records = [], living = null, containersOfCrashed = [] } = files ?? {};
  const left = containersOfCrashed.filter(
    (name) => containers.readable && containers.value.get(name) != null,
  );
  return { records, living, containers: left };
}

function localState(
  settings: Settings,
  database: DatabaseSettings,
): Pick<DatabaseObservation, "backups" | "leftAlone" | "dataInMemory" | "inPlaceState" | "lockedBy"> {
  const { name, dataDirectory } = database;
  const inPlaceState = inPlaceStatePath(settings, database);
  // Read before the state file: its writer holds the lock.
  const lockedBy = lockedNow(settings, database);
  return {
    backups: backupsOf(settings.paths.backups, name),
    leftAlone: readLeftAlone(settings.paths.backups, name),
    dataInMemory: liesInMemory(dataDirectory),
    inPlaceState: existsSync(inPlaceState) ? inPlaceState : null,
    lockedBy,
  };
}

function lockedNow(settings: Settings, { name }: DatabaseSettings): DatabaseObservation["lockedBy"] {
  const holder = lockHolder(lockPath(settings, name));
  if (holder === null) return null;
  const { alive, heldBy } = holder;
  const restoring = alive && heldBy?.program === "restore_database";
  return { runId: heldBy?.runId ?? null, text: describeHolder(holder), restoring };
}

function backupsOf(directory: string, name: string): Observed<readonly Backup[]> | Unreadable {
  try {
    return { readable: true, value: listBackups(directory, name) };
  } catch (error) {
    return { readable: false, reason: messageOf(error) };
  }
}
