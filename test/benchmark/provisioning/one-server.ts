import { type Contest, type Contestant, faster, type Goal, type Median } from "../contest.ts";
import { ansibleName } from "./ansible.ts";
import type { DesiredState } from "./desired-state.ts";
import { programName, unpreviewedName } from "./program.ts";
import { pyinfraName } from "./pyinfra.ts";
import { differences, empty } from "./server-state.ts";
import { timedWithLogins } from "./timing.ts";
import type { Tool } from "./tool.ts";

/** A tool with the desired state for its own server. */
export interface Contender {
  tool: Tool;
  desired: DesiredState;
}

/** The common part of all contests with one server for each tool. */
export interface OneServer {
  contenders: readonly Contender[];
  /** The round trip to all servers, in milliseconds. */
  roundTrip: number;
  rounds: number;
}

/** The first apply, an apply without changes, and a drift check. Each needs the one before. */
export const contestsWithOneServer = (setting: OneServer): Contest[] => [
  firstApply(setting),
  noChangeApply(setting),
  driftCheck(setting),
];

function contest(
  { roundTrip, rounds }: OneServer,
  what: string,
  work: string,
  contestants: readonly Contestant[],
  goals: (median: Median) => Goal[],
): Contest {
  const title = `${what}, ${roundTrip} ms round trip`;
  return { title, work: `${work} One server a tool, all alike.`, contestants, rounds, goals };
}

/** A first apply is repeated after its results are removed. */
export function firstApplyOf({ tool, desired }: Contender): Contestant {
  return {
    name: tool.name,
    note: tool.note,
    prepare: async () => {
      await empty(tool.server, desired);
      tool.forget?.();
    },
    run: async () => {
      const sample = await timedWithLogins(tool.server, tool.apply);
      const wrong = await differences(tool.server, desired);
      if (wrong.length > 0) throw new Error(`${tool.name} has not done the work:\n${wrong.join("\n")}`);
      return sample;
    },
  };
}

function firstApply(setting: OneServer): Contest {
  return contest(
    setting,
    "First apply",
    "Everything that a server gets, but Node, onto one that has nothing of it.",
    setting.contenders.map(firstApplyOf),
    (median) => [
      faster("first apply against pyinfra", median(programName), median(pyinfraName), 3.5),
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

export function noChangeApplyOf({ name, note, server, apply }: Tool): Contestant {
  const run = () =>
    timedWithLogins(server, async () => {
      if (await apply()) throw new Error(`${name} changes what it has just made`);
    });
  return { name, note, run };
}

function noChangeApply(setting: OneServer): Contest {
  return contest(
    setting,
    "Apply without changes",
    "The same once more, with nothing to do.",
    setting.contenders.map(({ tool }) => noChangeApplyOf(tool)),
    (median) => [
      ...asFastAsALook("apply without changes", median),
      ...asFastAsALook("apply without changes, --skip-preview", median, unpreviewedName),
      logins("an up without changes", median(programName, "logins"), 2),
    ],
  );
}

/** Null for a tool without a drift check. */
export function driftCheckOf({ name, note, server, check }: Tool): Contestant[] {
  if (check === undefined) return [];
  const run = () =>
    timedWithLogins(server, async () => {
      if (await check()) throw new Error(`${name} sees a difference where there is none`);
    });
  return [{ name, note, run }];
}

function driftCheck(setting: OneServer): Contest {
  return contest(
    setting,
    "Drift check",
    "Whether anything on the server differs from the desired state, without changing it.",
    setting.contenders.flatMap(({ tool }) => driftCheckOf(tool)),
    (median) => [
      ...asFastAsALook("drift check", median),
      logins("a preview", median(programName, "logins"), 1),
    ],
  );
}

const asFastAsALook = (what: string, median: Median, ours = programName): Goal[] => [
  faster(`${what} against pyinfra`, median(ours), median(pyinfraName), 3),
  faster(`${what} against Ansible`, median(ours), median(ansibleName), 12),
];

const logins = (what: string, found: number, wanted: number): Goal => ({
  what: `logins of ${what}`,
  wanted: String(wanted),
  found: String(found),
  met: found === wanted,
});
