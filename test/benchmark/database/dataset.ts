import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";

/** The databases of the benchmarks, made from a fixed seed. */

/** The approximate size of the database of a benchmark: its tables with their indexes. */
export const sizes = ["8MB", "700MB"] as const;
export type Size = (typeof sizes)[number];

const scales: Readonly<Record<Size, number>> = { "8MB": 7, "700MB": 1023 };

/** Fills the server's empty database. @returns the bytes of its tables with their indexes */
export async function fill(sandbox: SandboxServer, size: Size): Promise<number> {
  const made = readFileSync(join(import.meta.dirname, "dataset.sql"), "utf8");
  await sandbox.psql(`\\set scale ${scales[size]}\n${made}`);
  // Its workers would take processor time from some runs and not from others.
  await sandbox.psql("alter system set autovacuum = off");
  await sandbox.psql("select pg_reload_conf()");
  // With workers it would need more shared memory than the container has.
  await sandbox.psql("vacuum (analyze, parallel 0)");
  const taken = "select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r'";
  return Number(await sandbox.psql(`${taken} and relnamespace = 'public'::regnamespace`));
}
