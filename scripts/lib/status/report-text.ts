import type {
  DatabaseReport,
  Finding,
  FindingLevel,
  Performance,
  Point,
  StatusReport,
} from "../../contract/status-report.ts";
import { formatBytes, formatDuration, formatNumber, formatTime, plural } from "../base/format.ts";
import type { Colour } from "../base/terminal.ts";
import { problemsOf } from "./judgement.ts";
import type { Mail } from "./mail.ts";

type Paint = (colour: Colour, text: string) => string;

const marks: Readonly<Record<FindingLevel, { word: string; colour: Colour }>> = {
  ok: { word: "ok", colour: "green" },
  note: { word: "note", colour: "dim" },
  warning: { word: "WARNING", colour: "yellow" },
  unknown: { word: "UNKNOWN", colour: "yellow" },
  critical: { word: "CRITICAL", colour: "red" },
};

const wordWidth = "CRITICAL".length;
const nameWidth = "9 performance".length;

/** The report for people: every database with its figures, then the server. */
export function reportText(report: StatusReport, paint: Paint): string {
  const { points } = report;
  return [
    paint("bold", `${report.server}, ${formatTime(new Date(report.checkedAt))}`),
    ...report.databases.flatMap((database) => ["", ...databaseLines(database, paint)]),
    "",
    paint("bold", "server"),
    ...pointLines("schedule", points.schedule, paint),
    ...pointLines("disk", points.disk, paint),
    ...pointLines("log", points.log, paint),
    ...(report.stores ?? []).flatMap(({ point }) => pointLines("copies", point, paint)),
    "",
    paint(colourOf(report), `status ${verdictLine(report)}`),
  ].join("\n");
}

/** The output of --quiet: each problem with advice; nothing for a healthy server. */
export function problemText(report: StatusReport, paint: Paint): string {
  return problemsOf(report)
    .flatMap((finding) => findingLines("", finding, paint))
    .join("\n");
}

/** A mail: first the problems that are over, then all present problems. */
export function mailText(report: StatusReport, { problems, over }: Mail, paint: Paint): string {
  const ended = over.map(({ name, good }) => `${paint("green", "OVER".padEnd(wordWidth))}  ${name}: ${good}`);
  const known = problems || over.length > 0;
  return [
    ...ended,
    ...(problems ? [problemText(report, paint)] : []),
    ...(known ? [] : ["what was mailed before is not known"]),
    ...(problems ? [] : [`status ${verdictLine(report)}`]),
  ].join("\n");
}

function verdictLine(report: StatusReport): string {
  const problems = problemsOf(report).length;
  return problems === 0 ? report.verdict : `${report.verdict}: ${plural(problems, "problem")}`;
}

const colourOf = ({ verdict }: StatusReport): Colour =>
  verdict === "healthy" ? "green" : verdict === "critical" ? "red" : "yellow";

function databaseLines(database: DatabaseReport, paint: Paint): string[] {
  const { points, performance } = database;
  return [
    paint("bold", `${database.name} (${database.database} in ${database.container})`),
    ...pointLines("container", points.container, paint),
    ...pointLines("connections", points.connections, paint),
    ...pointLines("database", points.database, paint),
    ...pointLines("persistence", points.persistence, paint),
    ...pointLines("backup", points.backup, paint),
    ...database.activity.flatMap((finding) => labelledLines("activity", finding, paint)),
    ...(performance === null ? [] : performanceLines(performance)),
  ];
}

function pointLines(name: string, { number, findings }: Point, paint: Paint): string[] {
  return findings.flatMap((finding, index) =>
    labelledLines(index === 0 ? `${number} ${name}` : "", finding, paint),
  );
}

const labelledLines = (label: string, finding: Finding, paint: Paint): string[] =>
  findingLines(`  ${label.padEnd(nameWidth)}  `, finding, paint);

function findingLines(before: string, { level, text, advice }: Finding, paint: Paint): string[] {
  const { word, colour } = marks[level];
  const head = `${before}${paint(colour, word.padEnd(wordWidth))}  ${text}`;
  return advice === null ? [head] : [head, `${" ".repeat(before.length + wordWidth + 2)}→ ${advice}`];
}

function performanceLines(figures: Performance): string[] {
  const { connections, transactions, rows } = figures;
  const growth = figures.bytesSinceBackup;
  const total = rows.live + rows.dead;
  const pairs: [string, string][] = [
    ["connections", `${connections.used} of ${connections.maximum}`],
    [
      "cache hits",
      figures.cacheHitRatio === null ? "none yet" : `${(figures.cacheHitRatio * 100).toFixed(1)} %`,
    ],
    [
      "transactions",
      `${formatNumber(transactions.committed)} committed, ${formatNumber(transactions.rolledBack)} rolled back`,
    ],
    [
      "dead rows",
      `${formatNumber(rows.dead)} of ${formatNumber(total)}; ${plural(figures.deadlocks, "deadlock")}`,
    ],
    ["last vacuum", timeText(figures.lastVacuum)],
    ["last analyse", timeText(figures.lastAnalyse)],
    ["longest query", figures.longestQuery === null ? "none" : formatDuration(figures.longestQuery.seconds)],
    [
      "size",
      `${formatBytes(figures.databaseBytes)}${growth === null ? "" : `, ${signed(growth)} since the last backup`}`,
    ],
  ];
  return ["  performance", ...pairs.map(([name, text]) => `    ${name.padEnd(nameWidth)}  ${text}`)];
}

const timeText = (time: string | null): string => (time === null ? "never" : formatTime(new Date(time)));
const signed = (bytes: number): string => `${bytes < 0 ? "-" : "+"}${formatBytes(Math.abs(bytes))}`;
