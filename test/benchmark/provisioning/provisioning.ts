import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContestResult, hold } from "../contest.ts";
import { endAll } from "../endings.ts";
import { ansibleNames } from "./ansible.ts";
import { emptyProject } from "./engine.ts";
import { failures } from "./failures.ts";
import { longWay, startLink } from "./link.ts";
import { contestsWithOneServer } from "./one-server.ts";
import { previewProfile } from "./profile.ts";
import { unpreviewedName } from "./program.ts";
import { ensurePythonTools } from "./python-tools.ts";
import { tamperingTrial } from "./tampering-trial.ts";
import { openWorkshop, type Workshop } from "./workshop.ts";

/** What both distances have in common. */
interface Course {
  workshop: Workshop;
  directory: string;
  /** Holds first apply, apply without changes and drift check. */
  compare(roundTrip: number, goals: boolean): Promise<ContestResult[]>;
  /** Called at the end, the last one first. */
  ends: (() => unknown)[];
}

/**
 * The same work by this program and by others, on servers at the end of a long way; where the time goes; servers that are
 * out of reach. `rounds` is how often each contestant is measured. Uses the sandbox servers 296 to 299, 801 to 803 and 805.
 */
export const provisioning = ({ rounds }: { rounds: number }): Promise<ContestResult[]> =>
  onCourse(rounds, async ({ workshop, directory, compare, ends }) => {
    const { contenders, program, ansible, pyinfra } = workshop;
    const ports = contenders.map(({ tool }) => tool.server.port);
    const link = await startLink(longWay, ports);
    ends.push(link.end);
    for (const [index, { tool }] of contenders.entries()) tool.road.lead({ port: link.ports[index] ?? 0 });
    const results = await compare(longWay, true);
    results.push(await previewProfile(program, directory, longWay, rounds));
    const wrong = await failures(program, [ansible, pyinfra], directory, rounds);
    ends.push(wrong.end);
    for (const contest of wrong.contests) results.push(await hold(contest));
    return results;
  });

/** The same on servers that are near, and what becomes of tampering. Uses the same sandbox servers. */
export const provisioningNearby = ({ rounds }: { rounds: number }): Promise<ContestResult[]> =>
  onCourse(rounds, async ({ workshop, compare }) => {
    const results = await compare(0, false);
    // The same playbook once more, and the same program.
    const again: readonly string[] = [ansibleNames.tuned, unpreviewedName];
    const tried = workshop.contenders.filter(({ tool }) => !again.includes(tool.name));
    results.push(await tamperingTrial(tried));
    return results;
  });

async function onCourse(
  rounds: number,
  run: (course: Course) => Promise<ContestResult[]>,
): Promise<ContestResult[]> {
  const commands = await ensurePythonTools();
  const directory = mkdtempSync(join(tmpdir(), "database-backups-benchmark-"));
  const ends: Course["ends"] = [() => rmSync(directory, { recursive: true, force: true })];
  try {
    const workshop = await openWorkshop(directory, commands);
    ends.push(workshop.remove);
    const engine = await emptyProject();
    ends.push(engine.remove);
    const { contenders, leftOut } = workshop;
    const compare: Course["compare"] = async (roundTrip, goals) => {
      const results: ContestResult[] = [];
      const setting = { contenders, engine, roundTrip, rounds, goals, leftOut };
      for (const contest of contestsWithOneServer(setting)) results.push(await hold(contest));
      return results;
    };
    return await run({ workshop, directory, compare, ends });
  } finally {
    await endAll(ends);
  }
}
