import { basename } from "node:path";
import { expect } from "vitest";
import { quote } from "../../scripts/contract/quoting.ts";
import { literal } from "../../scripts/lib/postgres/sql.ts";
import { InPlaceState, inPlaceStatePath } from "../../scripts/lib/store/in-place-state.ts";
import { type FaultServer, succeed } from "./fault-server.ts";
import { type Before, liveDatabaseIsOneOf } from "./invariants.ts";

/** The promises about an interrupted restore in place, at any step. */

/** The ways to bring the database back if there is none. */
export const ways = ["the printed commands", "the status check's command", "the next restore"] as const;
export type Way = (typeof ways)[number];

/** The state after a restore in place, and how to undo it. */
interface CutOff {
  before: Before;
  /** The possible contents of the database when it was dropped; by default its former one. */
  former?: readonly string[];
  /** The possible contents of the database if it exists: the former one and the new one. */
  outcomes: readonly string[];
  /** The output of the run. */
  output: string;
  way: Way;
  /** The arguments of a restore in place, for the way that is another restore. */
  words: string;
}

const patience = { timeout: 60_000, interval: 250 };

/**
 * The sessions of a crashed program end when Docker has noticed it. Until then they may still execute a statement.
 */
async function oursEnd({ sandbox }: FaultServer): Promise<void> {
  const ours = "select count(*) from pg_stat_activity where application_name like 'database-backups/%'";
  await expect.poll(() => sandbox.psql(ours, "template1"), patience).toBe("0");
}

/** Whether there is a database that accepts connections, and its oid. */
async function liveOid({ sandbox }: FaultServer): Promise<number | null> {
  const sql = `select oid from pg_database where datallowconn and datconnlimit <> -2 and datname = ${literal(sandbox.database)}`;
  const oid = await sandbox.psql(sql, "template1");
  return oid === "" ? null : Number(oid);
}

/** A client connects, stays connected, and gets the lock that excludes all others. */
async function clientsGetIn({ sandbox }: FaultServer): Promise<void> {
  const table = await sandbox.psql("select relid::regclass from pg_stat_user_tables order by 1 limit 1");
  const sql = `begin; set lock_timeout = '10s'; lock table ${table} in access exclusive mode; select pg_sleep(0.5); rollback`;
  const comesIn = async () => {
    try {
      await sandbox.psql(sql);
      return true;
    } catch {
      return false;
    }
  };
  await expect.poll(comesIn, patience).toBe(true);
}

async function stateLeft(server: FaultServer): Promise<InPlaceState | null> {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is a database");
  const path = inPlaceStatePath(server.settings, database);
  const { code, stdout } = await server.sandbox.run(`cat ${quote(path)}`);
  return code === 0 ? InPlaceState.parse(JSON.parse(stdout)) : null;
}

/** The commands in the output of a run, joined as it says. */
export function printedCommands(output: string): string {
  const lines = output.split("\n");
  const head = lines.findLastIndex((line) => / these commands bring .* pasted into bash together/.test(line));
  expect(head, output).toBeGreaterThanOrEqual(0);
  const from = lines.slice(head + 1);
  const last = from.findIndex((line) => !line.endsWith("&& \\"));
  return from.slice(0, last + 1).join("\n");
}

async function bringBack(server: FaultServer, way: Way, { output, words }: CutOff): Promise<void> {
  const { sandbox } = server;
  const { code, stdout } = await server.run("check_database_status", "--quiet");
  expect(code).toBe(2);
  expect(stdout).toMatch(/the in-place restore of .* did not finish; its data is in the backup that /);
  if (way === "the printed commands") {
    await sandbox.writeFile("/opt/test/way-back.sh", printedCommands(output));
    await succeed(sandbox, "cd / && bash /opt/test/way-back.sh");
  } else if (way === "the status check's command") {
    const command = /put it back: (?<command>.+?); or remove/.exec(stdout)?.groups?.command ?? "false";
    // A person would type the database's name here.
    await succeed(sandbox, `cd / && ${command} --yes </dev/null`);
  } else {
    const next = await server.run("restore_database", words);
    expect(next.code, next.stderr).toBe(0);
  }
}

/**
 * If the database exists, it is complete and accepts clients. If not, the status check reports it, its content is in a
 * good backup, and each way brings it back.
 */
export async function inPlaceHolds(server: FaultServer, cutOff: CutOff): Promise<void> {
  const { before, outcomes, way, former = [before.live] } = cutOff;
  await oursEnd(server);
  const state = await stateLeft(server);
  const oid = await liveOid(server);
  if (state !== null) {
    const { files, bad } = await server.audit();
    expect(bad).toEqual([]);
    expect(Object.keys(files)).toContain(basename(state.preRestoreArchive));
  }
  if (oid === null) {
    expect(state, cutOff.output).not.toBeNull();
    // An earlier backup run finds no database and does no harm.
    const failed = await server.run("backup_database");
    expect(failed.code, failed.stderr).toBe(69);
    await bringBack(server, way, cutOff);
    await liveDatabaseIsOneOf(server, way === "the next restore" ? outcomes : former);
  } else if (state === null || state.liveOid === oid) {
    await liveDatabaseIsOneOf(server, state === null ? outcomes : former);
  } else {
    // It died after the new database got its name and before the record of the old one was removed.
    await liveDatabaseIsOneOf(server, outcomes);
    await bringBack(server, "the status check's command", cutOff);
    await liveDatabaseIsOneOf(server, former);
  }
  await clientsGetIn(server);
}

/** The launcher in the messages and in the status check's advice. */
export async function putLauncher(server: FaultServer): Promise<void> {
  const launcher = `#!/bin/sh\nexec ${server.command("restore_database")} "$@"\n`;
  await server.sandbox.writeFile(server.settings.paths.restoreLauncher, launcher, "0700");
}

/** The arguments of a restore in place. */
export const wordsInPlace = (archive: string | undefined): string => `--yes --in-place ${archive}`;

/** Proves all archives and keeps the records, so that restores in place need not do it. */
export async function proveAll(server: FaultServer): Promise<void> {
  for (const archive of server.archives) {
    const proven = await server.run("rehearse_restore", archive);
    expect(proven.code, proven.stdout + proven.stderr).toBe(0);
  }
  await server.keep();
}
