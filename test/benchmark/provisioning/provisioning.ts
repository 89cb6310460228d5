import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContestResult, hold } from "../contest.ts";
import { ansibleNames } from "./ansible.ts";
import { emptyProject } from "./engine.ts";
import { failures } from "./failures.ts";
import { longWay, startLink } from "./link.ts";
import { contestsWithOneServer } from "./one-server.ts";
import { previewProfile } from "./profile.ts";
import { ensurePythonTools } from "./python-tools.ts";
import { tamperingTrial } from "./tampering-trial.ts";
import { openWorkshop } from "./workshop.ts";

/**
 * The same work by this program and by others, over a long way and a short one, tampered with and out of reach;
 * `rounds` is how often each contestant is measured. Uses the sandbox servers 296 to 299 and 801 to 803.
 */
export async function provisioning({ rounds }: { rounds: number }): Promise<ContestResult[]> {
  const commands = await ensurePythonTools();
  const directory = mkdtempSync(join(tmpdir(), "database-backups-benchmark-"));
  const ends: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
  try {
    const workshop = await openWorkshop(directory, commands);
    ends.push(workshop.remove);
    const engine = await emptyProject();
    ends.push(engine.remove);
    const { contenders, program, leftOut } = workshop;
    const link = await startLink(
      longWay,
      contenders.map(({ tool }) => tool.server.port),
    );
    ends.push(link.end);
    const results: ContestResult[] = [];
    const compare = async (roundTrip: number, goals: boolean) => {
      const setting = { contenders, engine, roundTrip, rounds, goals, leftOut };
      for (const contest of contestsWithOneServer(setting)) results.push(await hold(contest));
    };
    await compare(0, false);
    // Tuned it is the same playbook.
    results.push(await tamperingTrial(contenders.filter(({ tool }) => tool.name !== ansibleNames.tuned)));
    for (const [index, { tool }] of contenders.entries()) {
      const port = link.ports[index];
      if (port !== undefined) tool.road.lead({ port });
    }
    await compare(longWay, true);
    results.push(await previewProfile(program, directory, longWay, rounds));
    const wrong = await failures(program, [workshop.ansible, workshop.pyinfra], directory, rounds);
    ends.push(wrong.end);
    for (const contest of wrong.contests) results.push(await hold(contest));
    return results;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
