import type { Run } from "./screen.ts";

/** Pixels. The text is stretched to this grid, because every machine has another monospaced font. */
const cell = { width: 8, height: 18 };
const padding = 16;
const baseline = 13;

const style = `
  .box { fill: #ffffff; stroke: #d0d7de; }
  text { fill: #1f2328; font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
  .bold { font-weight: bold; }
  .dim { opacity: 0.65; }
  .red { fill: #cf222e; }
  .green { fill: #1a7f37; }
  .yellow { fill: #9a6700; }
  @media (prefers-color-scheme: dark) {
    .box { fill: #0d1117; stroke: #30363d; }
    text { fill: #e6edf3; }
    .red { fill: #ff7b72; }
    .green { fill: #3fb950; }
    .yellow { fill: #d29922; }
  }
`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const lengthOf = (text: string): number => [...text].length;

/** The lines of a terminal as an SVG that needs nothing else, dark where its reader prefers that. */
export function svgOf(title: string, lines: readonly (readonly Run[])[]): string {
  const columns = Math.max(...lines.map((runs) => lengthOf(runs.map(({ text }) => text).join(""))));
  const width = columns * cell.width + 2 * padding;
  const height = lines.length * cell.height + 2 * padding;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<style>${style}</style>
<rect class="box" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>
${lines.flatMap(lineOf).join("\n")}
</svg>
`;
}

/** A piece for each stretch without two spaces in a row, which not every reader of an SVG keeps. */
function lineOf(runs: readonly Run[], row: number): string[] {
  let column = 0;
  return runs.flatMap((run) => {
    const at = column;
    column += lengthOf(run.text);
    return [...run.text.matchAll(/\S+(?: \S+)*/g)].map((found) =>
      textOf({ ...run, text: found[0] }, row, at + lengthOf(run.text.slice(0, found.index))),
    );
  });
}

function textOf({ text, colour, bold, dim }: Run, row: number, column: number): string {
  const classes = [colour ?? "", bold ? "bold" : "", dim ? "dim" : ""].filter(Boolean).join(" ");
  const look = classes === "" ? "" : ` class="${classes}"`;
  const x = padding + column * cell.width;
  const y = padding + row * cell.height + baseline;
  return `<text${look} x="${x}" y="${y}" textLength="${lengthOf(text) * cell.width}">${escaped(text)}</text>`;
}
