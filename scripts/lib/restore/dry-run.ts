import { compressionIn } from "../../contract/settings.ts";
import { undoing, writings } from "../archive/format.ts";
import { formatBytes, plural } from "../base/format.ts";
import { uncomparedText } from "../content/uncompared.ts";
import { createStatement } from "../postgres/create-database.ts";
import { previousName, restoringName } from "../postgres/database-names.ts";
import { identifier } from "../postgres/sql.ts";
import { leftoverDatabases } from "../recovery/leftover-databases.ts";
import { lockPath } from "../recovery/lock-path.ts";
import { livingRehearsal } from "../recovery/rehearsal-lock.ts";
import { listBackups } from "../store/backups.ts";
import { unfinishedInPlace } from "../store/in-place-state.ts";
import { LockedError, lockHolder } from "../system/lock.ts";
import { freeBytes, neededBytes, requireSpace } from "../system/space.ts";
import { RestoreError } from "./errors.ts";
import { requireTrials } from "./in-place-preparation.ts";
import { refuseInto } from "./into.ts";
import type { LiveServer } from "./live-server.ts";
import { type Plan, Planning } from "./planning.ts";
import { byHand, type Proofs, shortcoming } from "./proof.ts";
import { refuseDrop, refuseObstacles, refuseUnfit } from "./refusals.ts";
import type { Request } from "./request.ts";
import { drops, namesOf, propertiesFor, surveyServer } from "./restoration.ts";
import { neededRoles } from "./roles.ts";
import { chooseKept } from "./rollback.ts";
import type { RestoreRun } from "./run.ts";
import { inspectSource, type RestoreSource } from "./source.ts";
import {
  freeForDatabases,
  neededSideBySide,
  orInPlace,
  requireSpaceInPlace,
  requireSpaceSideBySide,
} from "./space-check.ts";
import { swapStatements } from "./swap.ts";
import { displayName } from "./table-names.ts";
import { refuseTables, schemaName } from "./tables.ts";

/**
 * The steps of the request, each with what it needs and whether that is there. Nothing is changed.
 * @param source the verified file; null for a roll back, which needs none.
 * @throws whatever is no ProgramError; InterruptedError.
 */
export async function planRestore(
  given: RestoreRun,
  request: Request,
  source: RestoreSource | null,
  proofs: Proofs,
): Promise<Plan> {
  // A dry run changes nothing, so nothing is logged.
  const log = {
    ...given.log,
    event: (_level: string, _name: string | null, text: string) => given.output.print(text),
  };
  const run = { ...given, log };
  const planning = new Planning();
  const server = await planning.look(
    "ask the server",
    [],
    () => surveyServer(run),
    ({ version }) => `PostgreSQL ${version} in container ${run.database.container}`,
  );
  run.signal.throwIfAborted();
  if (server === null) return planning.plan;
  if (source !== null) await planSource(planning, run, server, request, source, proofs);
  else await planRollback(planning, run, server, request, proofs);
  return planning.plan;
}

async function planRollback(
  planning: Planning,
  run: RestoreRun,
  server: LiveServer,
  request: Request,
  proofs: Proofs,
) {
  const { database, settings } = run;
  const unfinished = unfinishedInPlace(settings, database, server);
  if (unfinished !== null && request.operand === null) {
    const source = await inspectSource(unfinished.preRestoreArchive, run.signal);
    return planSource(planning, run, server, { ...request, action: "in-place" }, source, proofs);
  }
  const live = database.database;
  const kept = await planning.look(
    "choose the kept database",
    [],
    () => chooseKept(server, live, request.operand ?? undefined),
    ({ name, bytes }) => `${name}, ${formatBytes(bytes)}`,
  );
  await planning.step("see whether the live database can be renamed", [], () => {
    refuseObstacles(server, database);
    return "";
  });
  await planLock(planning, run, server);
  if (kept !== null) await planSwap(planning, run, server.live !== null, kept.name);
}

/** The steps that all restores of a file share, then the steps of each kind. */
async function planSource(
  planning: Planning,
  run: RestoreRun,
  server: LiveServer,
  request: Request,
  source: RestoreSource,
  proofs: Proofs,
) {
  const { database, settings } = run;
  const live = database.database;
  const replaces = request.action === "replace" || request.action === "in-place";
  const incoming = restoringName(live, run.runId);
  const unfinished = unfinishedInPlace(settings, database, server);
  const dropping = request.action === "in-place" && drops(server, unfinished);
  const properties = await planning.look(
    `see whether ${source.path} can be restored here`,
    [],
    () => {
      refuseUnfit(source, server, database, replaces);
      if (dropping) refuseDrop(source, server, run);
      return propertiesFor(run, source, server, unfinished);
    },
    () => (source.majorVersion === null ? "" : `it is of PostgreSQL ${source.majorVersion}`),
  );
  const room = async () => {
    const free = await freeForDatabases(run, server);
    return `${formatBytes(neededSideBySide(source))} for a second database, ${free === null ? "unknown" : formatBytes(free)} free`;
  };
  if (request.action === "replace") {
    await planning.step("see whether there is room", [], async () => {
      await requireSpaceSideBySide(run, source, server, orInPlace);
      return room();
    });
  }
  if (request.action === "into") {
    await planning.step(`see whether there can be a database ${request.into}`, [], async () => {
      await refuseInto(run, source, request.into, server);
      return room();
    });
  }
  if (request.action === "table") {
    await planning.step("see whether the tables can be brought across", [], async () => {
      const tables = await refuseTables(run, source, request.tables, server);
      return `${tables.map(displayName).join(", ")}; ${await room()}, and the tables once more`;
    });
  }
  if (dropping) {
    await planning.step("see whether there is room", [], async () => {
      const needed = await requireSpaceInPlace(run, source, server);
      return `${formatBytes(needed)} besides that of the live database`;
    });
    await planProof(planning, run, server, source, proofs);
  }
  await planLock(planning, run, server);
  if (dropping)
    await planning.step("shut clients out of the live database", [], () => "until it is restored");
  if (replaces && drops(server, unfinished)) await planBackup(planning, run);
  if (dropping) {
    await planning.step("prove that backup: restore it on trial and compare it", [], () => "");
    await planning.step("drop the live database", [`DROP DATABASE ${identifier(live)}`], () => "");
  }
  await planning.step("make the roles that are missing", [], async () => {
    const roles = await neededRoles(source, server, properties, run.signal);
    return roles.length === 0 ? "none" : roles.map(({ written }) => written).join(", ");
  });
  const fill = `${undoing(source.format, ` ${source.path}`)} | psql -U ${database.user} -d ${incoming}`;
  const create = properties === null ? [] : [createStatement(incoming, properties, server.versionNumber)];
  await planning.step("make a new database and fill it", [...create, fill, "ANALYZE"], () => "");
  const content = source.manifest?.content ?? null;
  await planning.step("compare it with the manifest", [], () =>
    content === null
      ? "there is none: nothing is compared"
      : `${plural(content.tables.length, "table")}, ${content.proof === "full" ? "rows and content" : "rows"}`,
  );
  if (replaces) {
    const outgoes = request.action === "replace" && server.live !== null;
    return planSwap(planning, run, outgoes, incoming);
  }
  if (request.action === "into") {
    const rename = swapStatements({ live: request.into, incoming, outgoing: null }, false);
    return planning.step(`name it ${request.into}`, rename, () => "");
  }
  const schema = identifier(schemaName(run.runId));
  await planning.step(
    "copy the tables into the live database, in one transaction",
    [`CREATE SCHEMA ${schema}`],
    () => "",
  );
  return planning.step("drop the new database", [`DROP DATABASE ${identifier(incoming)}`], () => "");
}

/**
 * A new trial may have another result, for example after the server was repaired. Until then the last result counts.
 */
async function planProof(
  planning: Planning,
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  proofs: Proofs,
) {
  await planning.step("see whether backups can be restored on trial here", [], () =>
    requireTrials(run, proofs, source, server),
  );
  await planning.step("prove the file", [], () => {
    const trial = proofs.recorded(source.path);
    const lacking = shortcoming(trial, source);
    const rest = uncomparedText(trial?.untried ?? []);
    if (lacking === null) return `rehearsal ${trial?.runId} restored and compared it${rest}`;
    const again = "it is restored on trial and compared before anything is dropped";
    const failed = trial?.archiveSha256 === source.sha256 && trial.result !== "equal";
    if (!failed || (trial.result === "different" && run.acceptsDifferences)) {
      planning.pending = true;
      return `${lacking}; ${again}`;
    }
    throw new RestoreError("check", `${lacking}; ${again}; ${byHand} [DBK-INPLACE-1]`);
  });
}

async function planLock(planning: Planning, run: RestoreRun, server: LiveServer) {
  const { database, settings } = run;
  await planning.step("take the lock", [], () => {
    const holder = lockHolder(lockPath(settings, database.name));
    if (holder !== null) throw new LockedError(database.name, holder);
    return "it is free";
  });
  const living = [run.runId, livingRehearsal(settings, database)];
  const left = leftoverDatabases(namesOf(server), database.database, living);
  const drops = left.map((name) => `DROP DATABASE ${identifier(name)}`);
  await planning.step("drop what crashed runs left", drops, () => (left.length === 0 ? "nothing" : ""));
}

async function planBackup(planning: Planning, { database, settings }: RestoreRun) {
  const directory = settings.paths.backups;
  const last = listBackups(directory, database.name).find(({ verified }) => verified);
  const needed = neededBytes(last?.bytes ?? null, settings.monitoring.minimumFreeBytes);
  const { compression, level } = compressionIn(settings);
  const whom = `-U ${database.user} -d ${database.database}`;
  const { compress, filters } = writings[compression](level);
  const dumping = `pg_dump${compress === 0 ? "" : ` --compress=${compress}`} ${whom}`;
  const dump = [dumping, ...filters.map((filter) => `${filter.name} -${level}`)].join(" | ");
  await planning.step("back up the live database", [dump], () => {
    requireSpace(directory, needed);
    return `${formatBytes(needed)} in ${directory}, ${formatBytes(freeBytes(directory))} free`;
  });
}

/** @param outgoes whether there is a live database, which must be kept. */
async function planSwap(planning: Planning, run: RestoreRun, outgoes: boolean, incoming: string) {
  const live = run.database.database;
  const outgoing = outgoes ? previousName(live, run.runId) : null;
  const days = run.settings.retention.keepPreviousDays;
  const statements = swapStatements({ live, incoming, outgoing }, false);
  await planning.step("give it the live name, in one transaction", statements, () =>
    outgoing === null ? "" : `clients are cut off for a moment; ${outgoing} is kept for ${days} days`,
  );
}
