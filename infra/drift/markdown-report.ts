import type { Drift, DriftReport, Pending, ServerReport } from "./report.ts";
import {
  advice,
  changeOf,
  diffLines,
  namesOf,
  pendingGroups,
  printable,
  propertyText,
  timeOf,
  titleOf,
  verdictOf,
} from "./wording.ts";

/** GitHub takes 65,536 characters for an issue, and more for a job's summary. */
export const largestMarkdown = 60_000;

// Possible sizes of each diff. The first with which the whole report fits the limit is used.
const extents = [
  { lines: 200, characters: 500 },
  { lines: 30, characters: 200 },
  { lines: 0, characters: 0 },
];

const longestLine = 500;
const longestSentence = 2_000;

const marks: Record<ServerReport["verdict"], string> = { "as-deployed": "✅", drift: "❌", unknown: "⚠️" };

/** The report as GitHub's and GitLab's Markdown, of `largestMarkdown` characters at most, with a final line end. */
export function markdownReport(report: DriftReport): string {
  for (const extent of extents) {
    const text = rendered(report, extent);
    if (text.length <= largestMarkdown) return text;
  }
  const text = rendered(report, { lines: 0, characters: 0 });
  const kept = text.slice(0, text.lastIndexOf("\n", largestMarkdown - 100));
  return `${kept}\n\n… and more: see \`npm run drift -- --json\`\n`;
}

type Extent = (typeof extents)[number];

function rendered(report: DriftReport, extent: Extent): string {
  const { stack, takenAt, failures, servers, summary } = report;
  const pending = pendingGroups(servers);
  const name = stack === null ? "" : ` of the stack ${code(stack)}`;
  const blocks = [
    `## Drift${name}\n\n${prose(summary)} (${takenAt.slice(0, 16).replace("T", " ")} UTC)`,
    failures.map(sentenceItem).join("\n"),
    table(servers),
    ...servers.map((server) => serverBlocks(server, extent)),
    pending.length === 0 ? "" : "### Pending: wanted by the program and not deployed yet; no drift",
    ...pending.map(
      ({ keys, lines }) =>
        `${keys.map((key) => code(key)).join(", ")}\n\n${lines.map(pendingLine).join("\n")}`,
    ),
    advice(servers, stack).map(prose).join("\n\n"),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function table(servers: readonly ServerReport[]): string {
  if (servers.length === 0) return "";
  const rows = servers.map(
    (server) =>
      `| ${marks[server.verdict]} | ${code(server.key)} | ${verdictOf(server)} | ${server.pending.length} |`,
  );
  return ["| | server | | pending |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function serverBlocks(server: ServerReport, extent: Extent): string {
  const { key, problems, drift } = server;
  if (problems.length === 0 && drift.length === 0) return "";
  const blocks = [
    `### ${marks[server.verdict]} ${code(key)}: ${verdictOf(server)}`,
    problems.map(sentenceItem).join("\n"),
    ...drift.map((one) => driftBlock(one, extent)),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function driftBlock(drift: Drift, extent: Extent): string {
  const change = changeOf(drift);
  const head = `**${code(titleOf(drift))}** (${drift.resource}${timeOf(drift)})${change === null ? "" : `: ${change}`}`;
  const properties = drift.properties.map((property) => `- ${code(propertyText(property))}`).join("\n");
  const diff = drift.diff === null ? "" : fenced(drift.diff, extent);
  return [head, properties, diff].filter((part) => part !== "").join("\n\n");
}

function pendingLine(pending: Pending): string {
  const names = namesOf(pending);
  return `- ${pending.change} ${code(titleOf(pending))}${names.length === 0 ? "" : `: ${names.join(", ")}`}`;
}

/** A code block that no part of the text can end. */
function fenced(diff: string, { lines, characters }: Extent): string {
  if (lines === 0) return "The content differs: see `npm run drift -- --json`";
  const text = diffLines(diff, lines, characters).join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}diff\n${text}\n${fence}`;
}

/**
 * A sentence that may contain a server's text, as a list item. Only code formatting keeps that text from becoming a
 * mention, a reference or a link: these are recognised after Markdown's escapes are removed.
 */
function sentenceItem(text: string): string {
  return `- ${code(text, longestSentence)}`;
}

/** Text as inline code: it is shown literally, whatever it contains. */
function code(text: string, longest = longestLine): string {
  const whole = printable(text).replaceAll(/\s+/g, " ");
  const line = whole.length > longest ? `${whole.slice(0, longest)}…` : whole;
  const ticks = "`".repeat(longestRun(line) + 1);
  const pad = /^`|`$/.test(line) ? " " : "";
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

/** A sentence of this report itself, with at most names of the configuration: it contains no markup. */
function prose(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|~]/g, "\\$&");
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
