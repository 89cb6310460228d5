/** What a terminal shows of a piece of text: its colours are those of `scripts/lib/base/terminal.ts`. */
export type Colour = "red" | "green" | "yellow";

/** Neighbouring characters that look alike. */
export interface Run {
  text: string;
  colour: Colour | null;
  bold: boolean;
  dim: boolean;
}

type Look = Omit<Run, "text">;
type Cell = Look & { character: string };

const plain: Look = { colour: null, bold: false, dim: false };
const looks: Readonly<Record<string, Partial<Look>>> = {
  "0": plain,
  "1": { bold: true },
  "2": { dim: true },
  "31": { colour: "red" },
  "32": { colour: "green" },
  "33": { colour: "yellow" },
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's control sequences are what is read
export const controls = /\u001b\[[0-9;?]*[A-Za-z]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const pieces = /\u001b\[(?<numbers>[0-9;?]*)(?<letter>[A-Za-z])|[\s\S]/gu;

/**
 * The lines that stand on the screen once all is printed: a carriage return writes over its line, `ESC[K` and, on the
 * last line, `ESC[J` clear the rest of it, `ESC[NG` goes to column N. A line longer than `width` goes on in the next one.
 * Empty lines at the end are left out.
 * @throws Error for a control sequence that is none of these and no colour
 */
export function screenOf(printed: string, width: number): Run[][] {
  const lines: Cell[][] = [[]];
  let column = 0;
  let look = plain;
  for (const { 0: character, groups } of printed.matchAll(pieces)) {
    let line = lines.at(-1) ?? [];
    if (groups?.letter !== undefined) {
      const { numbers = "", letter } = groups;
      if (letter === "K" || (letter === "J" && Number(numbers) === 0)) line.length = column;
      else if (letter === "G") column = Number(numbers || 1) - 1;
      else if (letter === "m") look = { ...look, ...lookOf(numbers) };
      else throw new Error(`the screen does not know ESC[${numbers}${letter}`);
    } else if (character === "\n") {
      lines.push([]);
      column = 0;
    } else if (character === "\r") {
      column = 0;
    } else {
      if (column === width) {
        line = [];
        lines.push(line);
        column = 0;
      }
      for (let blank = line.length; blank < column; blank += 1) line[blank] = { ...plain, character: " " };
      line[column] = { ...look, character };
      column += 1;
    }
  }
  while (lines.length > 0 && lines.at(-1)?.length === 0) lines.pop();
  return lines.map(runsOf);
}

function lookOf(numbers: string): Partial<Look> {
  const found = looks[numbers === "" ? "0" : numbers];
  if (found === undefined) throw new Error(`the screen does not know the colour ${numbers}`);
  return found;
}

function runsOf(line: readonly Cell[]): Run[] {
  const runs: Run[] = [];
  for (const { character, ...look } of line) {
    const last = runs.at(-1);
    if (last && last.colour === look.colour && last.bold === look.bold && last.dim === look.dim)
      last.text += character;
    else runs.push({ text: character, ...look });
  }
  return runs;
}
