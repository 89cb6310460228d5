import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { say } from "../../../infra/local-machine/steps.ts";
import { type Checkout, checkoutAt, thisCheckout } from "../checkout.ts";
import { type BenchmarkServer, type Command, startBenchmarkServer } from "../database/benchmark-server.ts";
import { commandContestant } from "../database/contestant.ts";
import { keptBackup } from "../database/database.ts";
import type { Size } from "../database/dataset.ts";
import { endAll } from "../endings.ts";
import { longWay, startLink } from "../provisioning/link.ts";
import { type Contender, driftCheckOf, noChangeApplyOf } from "../provisioning/one-server.ts";
import { empty } from "../provisioning/server-state.ts";
import { timedWithLogins } from "../provisioning/timing.ts";
import { openWorkshop } from "../provisioning/workshop.ts";
import { inPairs, type Work } from "./pairs.ts";
import type { Compared } from "./verdict.ts";

/** Compares the programs of two checkouts: the same figures in pairs, on the same servers. */

/** Backup, verification, restore and status check of a checkout on a server that both share. */
async function programsOf(server: BenchmarkServer, name: string, command: Command): Promise<Work[]> {
  const archive = await keptBackup(server, command, `/root/benchmark_archive_${name}`);
  const work = (what: string, line: string, more: { prepare?: () => Promise<void>; file?: string } = {}) =>
    commandContestant(server, { name: `${server.size} ${what}`, note: "", command: line, ...more });
  const prepare = async () => {
    await server.tidy();
    await server.succeed(command("backup_database", "--quiet"));
  };
  return [
    work("backup", command("backup_database", "--quiet"), { file: `${server.backups}/*.sql.*` }),
    work("verification", command("restore_database", `--quiet --verify-only ${archive}`)),
    work("restore", command("restore_database", `--yes --json ${archive}`)),
    work("status check", command("check_database_status"), { prepare }),
  ];
}

async function comparePrograms(size: Size, other: Checkout, pairs: number): Promise<Compared[]> {
  say(`Making the database of ${size} …`);
  const server = await startBenchmarkServer(size);
  try {
    const ours = await programsOf(server, thisCheckout.name, server.command);
    const theirs = await programsOf(server, other.name, await server.install(other));
    return await inPairs(ours, theirs, pairs);
  } finally {
    await server.remove();
  }
}

/** First apply, apply without changes and drift check of a checkout on a server of its own. */
function deploymentsOf({ tool, desired }: Contender): Work[] {
  const first: Work = {
    name: "first apply",
    prepare: async () => {
      await empty(tool.server, desired);
      tool.forget?.();
    },
    run: () =>
      timedWithLogins(tool.server, async () => {
        if (!(await tool.apply())) throw new Error("a first apply that changes nothing");
      }),
  };
  const unchanged = { ...noChangeApplyOf(tool), name: "apply without changes" };
  return [first, unchanged, ...driftCheckOf(tool).map((work) => ({ ...work, name: "drift check" }))];
}

async function compareProvisioning(other: Checkout, pairs: number): Promise<Compared[]> {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-benchmark-"));
  const workshop = openWorkshop(directory);
  const ends: (() => unknown)[] = [
    () => rmSync(directory, { recursive: true, force: true }),
    workshop.remove,
  ];
  try {
    const sides = [await workshop.enterProgram(thisCheckout), await workshop.enterProgram(other)];
    const ports = sides.map(({ tool }) => tool.server.port);
    const link = await startLink(longWay, ports);
    ends.push(link.end);
    for (const [index, { tool }] of sides.entries()) tool.road.lead(link.ports[index] ?? 0);
    const [ours = [], theirs = []] = sides.map(deploymentsOf);
    return await inPairs(ours, theirs, pairs);
  } finally {
    await endAll(ends);
  }
}

const comparisons: Readonly<Record<string, (other: Checkout, pairs: number) => Promise<Compared[]>>> = {
  "8MB": (other, pairs) => comparePrograms("8MB", other, pairs),
  "700MB": (other, pairs) => comparePrograms("700MB", other, pairs),
  provisioning: compareProvisioning,
};

/** The names of the possible comparisons. */
export const comparable = Object.keys(comparisons);

/** Compares this checkout with the one at `path`; names are of {@link comparable}. */
export async function comparison(path: string, names: readonly string[], pairs: number): Promise<Compared[]> {
  const other = await checkoutAt(path);
  const results: Compared[] = [];
  for (const name of names) results.push(...((await comparisons[name]?.(other, pairs)) ?? []));
  return results;
}
