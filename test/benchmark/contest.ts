import { say } from "../../infra/local-machine/steps.ts";
import { median } from "../../scripts/lib/base/median.ts";

/** Contestants do the same work in one run, in turn, so that other load on the machine affects all of them. */

/** The measurements of one run of a contestant. */
export interface Sample {
  seconds: number;
  /** Processor seconds of everything that worked for it. */
  cpuSeconds?: number;
  /** The memory of its largest process. */
  peakBytes?: number;
  /** The size of its result, a backup's file. */
  bytes?: number;
  /** Logins at sshd. */
  logins?: number;
}
export type Quantity = keyof Sample;

export interface Contestant {
  name: string;
  /** What it does and does not do, in a sentence. */
  note: string;
  /** Runs before each run and is not measured. */
  prepare?: () => Promise<void>;
  run: () => Promise<Sample>;
}

/** A goal and the measured value. */
export interface Goal {
  what: string;
  /** With its unit: `≤ 3.4 ×`. */
  wanted: string;
  found: string;
  met: boolean;
}

/** The median of a quantity of a contestant. @throws Error if it was not measured */
export type Median = (contestant: string, quantity?: Quantity) => number;

export interface Contest {
  title: string;
  /** The work and its place. */
  work: string;
  contestants: readonly Contestant[];
  /** The number of measurements of each; by default 5. */
  rounds?: number;
  goals?: (median: Median) => Goal[];
}

export interface Measured {
  name: string;
  note: string;
  samples: readonly Sample[];
}

export interface ContestResult {
  title: string;
  work: string;
  contestants: readonly Measured[];
  goals: readonly Goal[];
}

/** Runs every contestant once without measuring, then all in turn. Each round begins with another one. */
export async function hold(contest: Contest): Promise<ContestResult> {
  const { title, work, contestants, rounds = 5 } = contest;
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % contestants.length;
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      await contestant.prepare?.();
      const sample = await contestant.run();
      const counts = round > 0 ? `${round} of ${rounds}` : "not counted";
      say(`${title}, ${counts}: ${contestant.name} ${sample.seconds.toFixed(2)} s`);
      if (round > 0) samples.get(contestant.name)?.push(sample);
    }
  }
  const measured = contestants.map(({ name, note }) => ({ name, note, samples: samples.get(name) ?? [] }));
  return { title, work, contestants: measured, goals: contest.goals?.(medianIn(measured)) ?? [] };
}

/** The values of a quantity in the order of measurement, without missing ones. */
export const valuesOf = ({ samples }: Measured, quantity: Quantity): number[] =>
  samples.flatMap((sample) => sample[quantity] ?? []);

export const medianIn =
  (measured: readonly Measured[]): Median =>
  (contestant, quantity = "seconds") => {
    const found = measured.find(({ name }) => name === contestant);
    const value = found && median(valuesOf(found, quantity));
    if (value === undefined || value === null)
      throw new Error(`${quantity} of ${contestant} was not measured`);
    return value;
  };

/** At least this many times as fast. */
export function faster(what: string, mine: number, other: number, wanted: number): Goal {
  return goal(what, `≥ ${wanted} × as fast`, `${(other / mine).toFixed(2)} ×`, other / mine >= wanted);
}

/** At most this many times as much. */
export function atMost(what: string, mine: number, other: number, wanted: number): Goal {
  return goal(what, `≤ ${wanted} ×`, `${(mine / other).toFixed(2)} ×`, mine / other <= wanted);
}

/** At most this many seconds, from zero or above another measurement. */
export function within(what: string, mine: number, seconds: number, from = 0): Goal {
  const base = from === 0 ? "" : `${from.toFixed(2)} s + `;
  return goal(what, `≤ ${base}${seconds} s`, `${mine.toFixed(2)} s`, mine <= from + seconds);
}

const goal = (what: string, wanted: string, found: string, met: boolean): Goal => ({
  what,
  wanted,
  found,
  met,
});
