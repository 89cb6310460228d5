import type { TableContent } from "../../contract/content.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { changed, hold, type Relation, waitedFor } from "./held-relations.ts";
import { chunks, type Table } from "./tables.ts";

/**
 * With more tables than this, a session beside a dump does not lock all of them. Each lock of each session has an entry
 * in the server's memory. If two sessions locked every table, a backup could fail where a dump alone succeeds.
 */
export const mostLocked = 128;
/** The number of tables that stay locked then. */
const few = 64;

/**
 * Seconds. A session that waits for a table waits for the dump, so a session behind it would wait as long as the dump
 * takes.
 */
const patience = 2;

/**
 * A table that only the dump locks was changed before it was read, or a session waits for it. Another attempt may
 * succeed.
 */
export class Overtaken extends ProgramError {
  /** The tables, as far as known: another attempt should lock them itself. */
  readonly oids: readonly number[];
  constructor(oids: readonly number[]) {
    super("a table was changed before it was read; run it again [DBK-BACKUP-3]", ExitCode.failed);
    this.oids = oids;
  }
}

/** How the tables of a snapshot are protected from changes. */
export interface TableGroups {
  /** Locked in the savepoint `held`. */
  held: readonly Relation[];
  /** Locked while they are read; the dump's locks keep them until then. */
  loose: readonly (readonly Relation[])[];
}

/**
 * Large tables are held, because the dump may have ended before they are read. `first` are the tables that made an
 * earlier attempt fail, and tables of extensions, which a dump may not lock.
 * @param tables the large ones last.
 */
export function groupTables(tables: readonly Relation[], first: ReadonlySet<number>): TableGroups {
  if (tables.length <= mostLocked) return { held: tables, loose: [] };
  const rank = ({ oid, extension }: Relation) => Number(first.has(oid) || extension);
  const ranked = [...tables].sort((a, b) => rank(a) - rank(b));
  return { held: ranked.slice(-few), loose: chunks(ranked.slice(0, -few), few) };
}

/**
 * Reads the tables and releases each: first those that only the dump locks, last those that are held.
 * @throws Overtaken if a table differs, or might differ, from the snapshot; PsqlError, DockerError
 */
export async function readGroups(
  session: PsqlSession,
  { held, loose }: TableGroups,
  read: (some: readonly Table[]) => Promise<TableContent[]>,
  tables: readonly Table[],
): Promise<TableContent[]> {
  const contents = new Map<Table, TableContent>();
  const grouped = new Map([held, ...loose].flatMap((group) => group.map(({ oid }) => [oid, group])));
  const take = async (group?: readonly Relation[]) => {
    const some = tables.filter(({ oid }) => grouped.get(oid) === group);
    for (const [index, content] of (await read(some)).entries()) {
      const table = some[index];
      if (table !== undefined) contents.set(table, content);
    }
  };
  for (const group of loose) {
    await session.query(`SAVEPOINT loose; SET LOCAL lock_timeout = '${patience}s';`);
    await holdLoose(session, group);
    await session.query("SET LOCAL lock_timeout TO DEFAULT;");
    await take(group).catch((error: unknown) => {
      // Its columns have changed: the dump that protected it has ended.
      if (error instanceof PsqlError && error.sqlState === "42703") throw new Overtaken(oidsOf(group));
      throw error;
    });
    await session.query("ROLLBACK TO SAVEPOINT loose; RELEASE SAVEPOINT loose;");
  }
  await take();
  await take(held);
  if (held.length > 0) await session.query("ROLLBACK TO SAVEPOINT held;");
  return tables.flatMap((table) => contents.get(table) ?? []);
}

const oidsOf = (group: readonly Relation[]): number[] => group.map(({ oid }) => oid);

async function holdLoose(session: PsqlSession, group: readonly Relation[]): Promise<void> {
  let error: PsqlError | null;
  try {
    error = await hold(
      session,
      group.filter(({ kind }) => kind === "r"),
    );
  } catch (thrown) {
    if (!(thrown instanceof PsqlError) || thrown.sqlState !== "55P03") throw thrown;
    error = thrown;
  }
  if (error !== null) await session.query("ROLLBACK TO SAVEPOINT loose;");
  const lost = error === null ? await changed(session, group) : await waitedFor(session, group);
  if (error !== null || lost.length > 0) throw new Overtaken(lost);
}
