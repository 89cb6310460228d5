import { formatBytes } from "../../scripts/lib/base/format.ts";
import type { ContestResult } from "./contest.ts";
import { contestTable, goalTable, type Table } from "./figures.ts";
import type { Report } from "./report.ts";

/** docs/PERFORMANCE.md, made from reports. */

const lineWidth = 120;

const heading = `\
# Performance

<!-- Written by \`npm run benchmark -- --page\`; not to be edited by hand. -->

Contestants do the same work on the same machine in the same run, in turn, each round beginning with another one, so
that what else the machine does hits them all; a first round is not counted. A ratio of two of them says more than a
time: times are this machine's. The median counts; the spread is the slowest run less the fastest.

\`\`\`sh
npm run benchmark -- --json performance.json
npm run benchmark -- --page performance.json
\`\`\`

measures again and writes this page. Names (\`npm run benchmark -- --help\`) choose parts, and several reports of parts
make one page. \`npm run benchmark -- --against PATH\` compares this work tree with another one in ten pairs. The machine
must do nothing else meanwhile.

- “To the first” is the ratio of a median to that of the table's first row.
- CPU is the processor time of the server and of the database's container. What Docker's daemon does is not in it:
  it carries what crosses the container's border, which is most where a dump leaves it uncompressed.
- Memory is that of the largest process on the server. A Docker client has 42 MB by itself; what runs in the database's
  container (pg_dump, psql, PostgreSQL) is not in it.
- Before each run the server writes what is left to the disk, and what the runs before it made is removed. Autovacuum is
  off. The files are read from the page cache.
`;

/** The whole page. If several reports have a benchmark, the last one's results are shown. */
export function performancePage(reports: readonly Report[]): string {
  const measured = new Map<string, { report: Report; results: readonly ContestResult[] }>();
  for (const report of reports) {
    for (const [name, results] of Object.entries(report.benchmarks)) measured.set(name, { report, results });
  }
  const contests = [...measured.values()].flatMap(({ results }) => results);
  const runs = [...measured].map(([name, { report }]) => runRow(name, report));
  return [
    heading,
    "## What it was measured on\n",
    markdown([["", "begun", "commit", "machine", "software", "load before"], ...runs]),
    "\n## Goals\n",
    markdown(goalTable(contests.flatMap(({ goals }) => goals))),
    ...contestSections(contests),
    "",
  ].join("\n");
}

function runRow(name: string, { date, commit, machine }: Report): string[] {
  const { processors, processor, memoryBytes, loadBefore, postgres, docker, node } = machine;
  return [
    name,
    `${date.slice(0, 16).replace("T", " ")} UTC`,
    commit,
    `${processors} processors (${processor}), ${formatBytes(memoryBytes)} of memory`,
    `PostgreSQL ${postgres}, Docker ${docker}, Node ${node}`,
    loadBefore.toFixed(1),
  ];
}

/** Text about a contestant of several contests comes below the first of them. */
function contestSections(contests: readonly ContestResult[]): string[] {
  const said = new Set<string>();
  return contests.map((result) => {
    const notes = result.contestants.map(({ name, note }) => `- **${name}**: ${note}`);
    const fresh = notes.filter((note) => !said.has(note));
    for (const note of fresh) said.add(note);
    const rounds = Math.max(...result.contestants.map(({ samples }) => samples.length));
    // Facts that were checked but not measured are in the notes.
    const figures = rounds === 0 ? [] : [markdown(contestTable(result)), ""];
    const work = rounds === 0 ? result.work : `${result.work} Median of ${rounds}.`;
    const list = fresh.map((note) => wrapped(note, "  "));
    return [`\n## ${result.title}\n`, wrapped(work), "", ...figures, ...list].join("\n");
  });
}

/** Numbers are aligned to the right. */
function markdown(table: Table): string {
  const [headings = [], ...rows] = table;
  const isNumber = (column: number) => rows.every((row) => /^$|^[\d.]+( \S+)?$/.test(row[column] ?? ""));
  const rule = headings.map((_, column) => (isNumber(column) ? "---:" : "---"));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [headings, rule, ...rows].map(line).join("\n");
}

/** Wraps lines like the documents. The second and later ones begin with `indent`. */
function wrapped(text: string, indent = ""): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(word);
    else if (last.length + 1 + word.length <= lineWidth) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines.join("\n");
}
