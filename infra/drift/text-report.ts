import type { styleText } from "node:util";
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

type Style = Parameters<typeof styleText>[0];
/** Colours a text, or does not. */
export type Paint = (style: Style, text: string) => string;

// Longer texts are only in the JSON.
const mostLines = 400;
const longestLine = 1_000;

const styles: Record<ServerReport["verdict"], Style> = {
  "as-deployed": "green",
  drift: "red",
  unknown: "yellow",
};

/** The report for people, with a final line end. */
export function textReport(report: DriftReport, paint: Paint): string {
  const { stack, failures, servers, summary } = report;
  const pending = pendingGroups(servers);
  const sections = [
    [paint("bold", `Drift${stack === null ? "" : ` of the stack ${stack}`}`)],
    failures.map((failure) => paint("yellow", printable(failure))),
    ...servers.map((server) => serverLines(server, paint)),
    pending.flatMap(({ keys, lines }, index) => [
      ...(index === 0 ? ["Pending: wanted by the program and not deployed yet; no drift"] : []),
      `  ${keys.join(", ")}`,
      ...lines.map((one) => `    ${pendingLine(one)}`),
    ]),
    [paint("bold", `${summary}.`), ...advice(servers, stack)],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function serverLines(server: ServerReport, paint: Paint): string[] {
  const { key, host, verdict, problems, drift } = server;
  const name = host === key ? key : `${key} (${host})`;
  return [
    `${paint("bold", printable(name))}: ${paint(styles[verdict], verdictOf(server))}`,
    ...problems.map((problem) => `  ! ${printable(problem)}`),
    ...drift.flatMap((one) => driftLines(one, paint)),
  ];
}

function driftLines(drift: Drift, paint: Paint): string[] {
  const change = changeOf(drift);
  const origin = `(${drift.resource}${timeOf(drift)})${change === null ? "" : `: ${change}`}`;
  return [
    `  ${paint("bold", printable(titleOf(drift)))} ${origin}`,
    ...drift.properties.map((property) => `      ${printable(propertyText(property))}`),
    // A bar before each line, so that a reader of this output, such as a CI, takes no line of a file for a command.
    ...(drift.diff === null ? [] : diffLines(drift.diff, mostLines, longestLine)).map(
      (line) => `      │ ${paint(styleOf(line), line)}`,
    ),
  ];
}

function styleOf(line: string): Style {
  if (/^(?:---|\+\+\+) /.test(line)) return "bold";
  return line.startsWith("+")
    ? "green"
    : line.startsWith("-")
      ? "red"
      : line.startsWith("@@")
        ? "cyan"
        : "reset";
}

/** One line; the properties' values and texts are left to the preview and the JSON. */
function pendingLine(pending: Pending): string {
  const names = namesOf(pending);
  const properties = names.length === 0 ? "" : `: ${names.join(", ")}`;
  return `${pending.change} ${printable(titleOf(pending))}${properties}`;
}
