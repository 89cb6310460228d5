import { median } from "../../scripts/lib/median.ts";

/** Something that was measured several times. */
export interface Figure {
  what: string;
  unit: "ms" | "";
  values: readonly number[];
}

/** What is made of the values; `spread` is the largest less the smallest. */
export interface Summary {
  median: number;
  worst: number;
  spread: number;
}

/** Of figures for which less is better. */
export function summaryOf({ values }: Figure): Summary {
  const worst = Math.max(...values);
  return { median: median(values) ?? Number.NaN, worst, spread: worst - Math.min(...values) };
}

const heading = ["", "median", "worst", "spread"];

/** A table for people, one line for each figure. */
export function figuresTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { median, worst, spread } = summaryOf(figure);
    const numbers = [median, worst, spread].map((number) => `${round(number)} ${figure.unit}`.trim());
    return [figure.what, ...numbers];
  });
  const table = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return table.map(line).join("\n");
}

const round = (number: number): string => String(Math.round(number * 10) / 10);
