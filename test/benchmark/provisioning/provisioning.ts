import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContestResult, hold } from "../contest.ts";
import { endAll } from "../endings.ts";
import { longWay, startLink } from "./link.ts";
import { contestsWithOneServer } from "./one-server.ts";
import { ensurePythonTools } from "./python-tools.ts";
import { openWorkshop } from "./workshop.ts";

/** Compares this program with other tools, on servers behind a slow link. */
export async function provisioning({ rounds }: { rounds: number }): Promise<ContestResult[]> {
  const commands = await ensurePythonTools();
  const directory = mkdtempSync(join(tmpdir(), "database-backups-benchmark-"));
  const ends: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
  try {
    const workshop = openWorkshop(directory);
    ends.push(workshop.remove);
    await workshop.enterAll(commands);
    const { contenders } = workshop;
    const ports = contenders.map(({ tool }) => tool.server.port);
    const link = await startLink(longWay, ports);
    ends.push(link.end);
    for (const [index, { tool }] of contenders.entries()) tool.road.lead(link.ports[index] ?? 0);
    const results: ContestResult[] = [];
    for (const contest of contestsWithOneServer({ contenders, roundTrip: longWay, rounds }))
      results.push(await hold(contest));
    return results;
  } finally {
    await endAll(ends);
  }
}
