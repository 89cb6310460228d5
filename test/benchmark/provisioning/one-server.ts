import { type Contest, type Contestant, faster, type Goal, type Median, within } from "../contest.ts";
import { ansibleNames } from "./ansible.ts";
import type { DesiredState } from "./desired-state.ts";
import { engineName, engineNote, type Project, unpreviewedEngineName } from "./engine.ts";
import { programName, unpreviewedName } from "./program.ts";
import { pyinfraName } from "./pyinfra.ts";
import { differences, empty } from "./server-state.ts";
import { timed, timedWithLogins } from "./timing.ts";
import type { Tool } from "./tool.ts";

/** A tool with the desired state for its own server. */
export interface Contender {
  tool: Tool;
  desired: DesiredState;
}

/** What all contests with one server a tool share. */
export interface OneServer {
  contenders: readonly Contender[];
  engine: Project;
  /** Of the way to all servers, in milliseconds. */
  roundTrip: number;
  rounds: number;
  /** A sentence about tools that are not there. */
  leftOut: string;
  /** Only over the long way something is to be reached. */
  goals: boolean;
}

type Goals = (median: Median) => Goal[];

/** The first apply, an apply that has nothing to do, and a look: in this order, because each needs the one before. */
export const contestsWithOneServer = (setting: OneServer): Contest[] => [
  firstApply(setting),
  noChangeApply(setting),
  driftCheck(setting),
];

function contest(
  setting: OneServer,
  what: string,
  work: string,
  contestants: readonly Contestant[],
  goals: Goals,
): Contest {
  const { roundTrip, rounds } = setting;
  return {
    title: `${what}, ${roundTrip} ms round trip`,
    work: `${work} One server a tool, all alike.${setting.leftOut}`,
    contestants,
    rounds,
    ...(setting.goals && { goals }),
  };
}

const engineContestant = (
  run: () => Promise<string>,
  prepare?: Contestant["prepare"],
  name = engineName,
): Contestant => ({
  name,
  note: name === engineName ? engineNote : "The same without its preview.",
  run: () => timed(run),
  ...(prepare && { prepare }),
});

/** The engine's `up` of nothing, with its preview and without. */
function engineApplies(engine: Project, prepare?: Contestant["prepare"]): Contestant[] {
  const up = (...more: string[]) => engine.pulumi("up", "--yes", ...more);
  return [
    engineContestant(up, prepare),
    engineContestant(() => up("--skip-preview"), prepare, unpreviewedEngineName),
  ];
}

function firstApply(setting: OneServer): Contest {
  const { contenders, engine } = setting;
  const contestants = contenders.map(
    ({ tool, desired }): Contestant => ({
      name: tool.name,
      note: tool.note,
      prepare: async () => {
        await empty(tool.server, desired);
        tool.forget?.();
        await tool.rest?.();
      },
      run: async () => {
        const sample = await timedWithLogins(tool.server, tool.apply);
        const wrong = await differences(tool.server, desired);
        if (wrong.length > 0) throw new Error(`${tool.name} has not done the work:\n${wrong.join("\n")}`);
        return sample;
      },
    }),
  );
  const nothing = engineApplies(engine, async () => engine.forget());
  return contest(
    setting,
    "First apply",
    "Everything that a server gets, but Node, onto one that has nothing of it.",
    [...contestants, ...nothing],
    (median) => [
      within("first apply", median(programName), 3, median(engineName)),
      faster("first apply against pyinfra", median(programName), median(pyinfraName), 3.5),
      within("first apply, --skip-preview", median(unpreviewedName), 3, median(unpreviewedEngineName)),
      faster(
        "first apply, --skip-preview against pyinfra",
        median(unpreviewedName),
        median(pyinfraName),
        3.5,
      ),
      logins("an up", median(programName, "logins"), 2),
    ],
  );
}

function noChangeApply(setting: OneServer): Contest {
  const { contenders, engine } = setting;
  const contestants = contenders.map(
    ({ tool }): Contestant => ({
      name: tool.name,
      note: tool.note,
      ...(tool.rest && { prepare: tool.rest }),
      run: () =>
        timedWithLogins(tool.server, async () => {
          if (await tool.apply()) throw new Error(`${tool.name} changes what it has just made`);
        }),
    }),
  );
  return contest(
    setting,
    "Apply without changes",
    "The same once more, with nothing to do.",
    [...contestants, ...engineApplies(engine)],
    (median) => [
      ...asFastAsALook("apply without changes", median),
      ...asFastAsALook(
        "apply without changes, --skip-preview",
        median,
        unpreviewedName,
        unpreviewedEngineName,
      ),
      logins("an up without changes", median(programName, "logins"), 2),
    ],
  );
}

function driftCheck(setting: OneServer): Contest {
  const { contenders, engine } = setting;
  const contestants = contenders.flatMap(({ tool }): Contestant[] => {
    const { check } = tool;
    if (check === undefined) return [];
    const run = () =>
      timedWithLogins(tool.server, async () => {
        if (await check()) throw new Error(`${tool.name} sees a difference where there is none`);
      });
    return [{ name: tool.name, note: tool.note, ...(tool.rest && { prepare: tool.rest }), run }];
  });
  return contest(
    setting,
    "Drift check",
    "Whether anything on the server differs from the desired state, without changing it.",
    [...contestants, engineContestant(() => engine.pulumi("preview", "--expect-no-changes"))],
    (median) => [
      ...asFastAsALook("drift check", median),
      logins("a preview", median(programName, "logins"), 1),
    ],
  );
}

const asFastAsALook = (what: string, median: Median, ours = programName, nothing = engineName): Goal[] => [
  within(what, median(ours), 1.3, median(nothing)),
  faster(`${what} against pyinfra`, median(ours), median(pyinfraName), 3),
  faster(`${what} against Ansible`, median(ours), median(ansibleNames.usual), 12),
];

const logins = (what: string, found: number, wanted: number): Goal => ({
  what: `logins of ${what}`,
  wanted: String(wanted),
  found: String(found),
  met: found === wanted,
});
