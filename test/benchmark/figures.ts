import { formatBytes } from "../../scripts/lib/base/format.ts";
import { median } from "../../scripts/lib/base/median.ts";
import { type ContestResult, type Goal, type Measured, type Quantity, valuesOf } from "./contest.ts";

/** Statistics of values for which less is better. `spread` is the largest minus the smallest. */
export interface Summary {
  median: number;
  worst: number;
  spread: number;
}

/** @returns null for no values */
export function summaryOf(values: readonly number[]): Summary | null {
  const middle = median(values);
  if (middle === null) return null;
  const worst = Math.max(...values);
  return { median: middle, worst, spread: worst - Math.min(...values) };
}

/** Rows of cells. The first row is the header. */
export type Table = readonly (readonly string[])[];

interface Column {
  heading: string;
  cell: (measured: Measured, reference: Measured) => string;
}

const seconds = (value: number): string => `${value.toFixed(2)} s`;

const inSummary = (pick: (summary: Summary) => number): Column["cell"] => {
  return (measured) => {
    const summary = summaryOf(valuesOf(measured, "seconds"));
    return summary === null ? "" : seconds(pick(summary));
  };
};

const ratio: Column["cell"] = (measured, reference) => {
  const mine = median(valuesOf(measured, "seconds"));
  const other = median(valuesOf(reference, "seconds"));
  return mine === null || other === null ? "" : `${(mine / other).toFixed(2)} ×`;
};

const times: readonly Column[] = [
  { heading: "median", cell: inSummary((summary) => summary.median) },
  { heading: "worst", cell: inSummary(({ worst }) => worst) },
  { heading: "spread", cell: inSummary(({ spread }) => spread) },
  { heading: "to the first", cell: ratio },
];

/** Quantities that are shown if they were measured, by their medians. */
const others: readonly { quantity: Quantity; heading: string; text: (value: number) => string }[] = [
  { quantity: "cpuSeconds", heading: "CPU", text: seconds },
  { quantity: "peakBytes", heading: "memory", text: formatBytes },
  { quantity: "bytes", heading: "file", text: formatBytes },
  { quantity: "logins", heading: "logins", text: String },
];

/** One row for each contestant: its time, the ratio to the first one's, and its other measurements. */
export function contestTable({ contestants }: ContestResult): Table {
  const [reference] = contestants;
  if (reference === undefined) return [];
  const measured = others.filter(({ quantity }) =>
    contestants.some((contestant) => valuesOf(contestant, quantity).length > 0),
  );
  const columns = [
    ...times,
    ...measured.map(({ quantity, heading, text }): Column => {
      const cell: Column["cell"] = (contestant) => {
        const value = median(valuesOf(contestant, quantity));
        return value === null ? "" : text(value);
      };
      return { heading, cell };
    }),
  ];
  return [
    ["", ...columns.map(({ heading }) => heading)],
    ...contestants.map((contestant) => [
      contestant.name,
      ...columns.map(({ cell }) => cell(contestant, reference)),
    ]),
  ];
}

/** One row for each goal. */
export function goalTable(goals: readonly Goal[]): Table {
  if (goals.length === 0) return [];
  return [
    ["goal", "wanted", "found", ""],
    ...goals.map(({ what, wanted, found, met }) => [what, wanted, found, met ? "met" : "missed"]),
  ];
}

/** A table for a terminal. The first column is aligned to the left, the others to the right. */
export function alignedText(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return table.map(line).join("\n");
}

/** The results of a contest, for a terminal. */
export function contestText(result: ContestResult): string {
  const goals = goalTable(result.goals).map((row) => row.filter((cell) => cell !== "").join(" | "));
  return [result.title, alignedText(contestTable(result)), ...goals.slice(1)].join("\n");
}
