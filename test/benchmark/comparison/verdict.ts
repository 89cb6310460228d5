import { formatBytes } from "../../../scripts/lib/base/format.ts";
import { type Contestant, type Quantity, type Sample, valuesOf } from "../contest.ts";
import { alignedText } from "../figures.ts";

/** The values of two checkouts for the same work, pair by pair. Less is better. */
export interface Compared {
  what: Contestant["name"];
  ours: readonly Sample[];
  theirs: readonly Sample[];
}

/** Half of all values lie in this spread. One disturbed run does not move its ends. */
export interface Spread {
  low: number;
  median: number;
  high: number;
}

/** @returns null for no values */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const [below = 0, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return below + (above - below) * (place - Math.floor(place));
  };
  return sorted.length === 0 ? null : { low: at(0.25), median: at(0.5), high: at(0.75) };
}

/** Sizes hardly vary. Smaller differences than this count as none. */
const nothing = 1.005;

/** The verdict is `same` unless the two spreads do not overlap. */
export function verdictOf(ours: Spread, theirs: Spread): "better" | "same" | "worse" {
  if (ours.low > theirs.high * nothing) return "worse";
  return ours.high * nothing < theirs.low ? "better" : "same";
}

const quantities: readonly { quantity: Quantity; what: string; text: (value: number) => string }[] = [
  { quantity: "seconds", what: "", text: (value) => `${value.toFixed(3)} s` },
  { quantity: "peakBytes", what: ", memory", text: formatBytes },
  { quantity: "bytes", what: ", file", text: formatBytes },
  { quantity: "logins", what: ", logins", text: String },
];

/** A table of all figures, with those that are worse than the other checkout's. */
export function comparisonText(compared: readonly Compared[]): string {
  const figures = compared.flatMap(({ what, ours, theirs }) =>
    quantities.flatMap(({ quantity, what: which, text }) => {
      const valuesIn = (samples: readonly Sample[]) =>
        spreadOf(valuesOf({ name: what, note: "", samples }, quantity));
      const [mine, other] = [valuesIn(ours), valuesIn(theirs)];
      if (mine === null || other === null) return [];
      const cells = [mine, other].flatMap(({ low, median, high }) => [
        text(median),
        `${text(low)} to ${text(high)}`,
      ]);
      const ratio = `${(mine.median / other.median).toFixed(3)} ×`;
      return [{ name: `${what}${which}`, cells: [...cells, ratio], verdict: verdictOf(mine, other) }];
    }),
  );
  const worse = figures.filter(({ verdict }) => verdict === "worse").map(({ name }) => name);
  return [
    alignedText([
      ["", "this", "spread", "other", "spread", "ratio", ""],
      ...figures.map(({ name, cells, verdict }) => [name, ...cells, verdict]),
    ]),
    worse.length === 0
      ? "No figure is worse outside the spread."
      : `Worse outside the spread: ${worse.join("; ")}`,
  ].join("\n\n");
}
