import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { readStatus } from "../../../infra/deployment/verification.ts";
import { FindingLevel, StatusReport } from "../../../scripts/contract/status-report.ts";
import { judgeServer } from "../../../scripts/lib/status/judgement.ts";
import { isProblem } from "../../../scripts/lib/status/levels.ts";
import { statusSchema } from "../../../scripts/status_schema.ts";
import { server } from "./status/observations.ts";

const documented: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../docs/status.schema.json"), "utf8"),
);

test("the documented schema is the code's: node scripts/status_schema.ts writes it", () => {
  expect(documented).toEqual(JSON.parse(JSON.stringify(statusSchema())));
});

const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(documented));
const report = judgeServer(server());

test("a report is valid by the documented schema, which has all of its properties", () => {
  expect(schema.safeParse(report).error).toBeUndefined();
  expect(StatusReport.parse(report)).toEqual(report);
});

/** A report of a later version: a ninth point, unknown words and properties. */
const later = {
  ...report,
  more: { all: 1 },
  verdict: "splendid",
  exitCode: 4,
  points: {
    ...report.points,
    disk: { ...report.points.disk, level: "superb", more: 1 },
    copies: {
      number: 9,
      level: "critical",
      findings: [{ level: "critical", text: "no copy", advice: null }],
    },
  },
  databases: report.databases.map((database) => ({
    ...database,
    more: [],
    points: { ...database.points, replica: { ...database.points.backup, number: 10 } },
    backups: {
      ...database.backups,
      newest: database.backups.newest && { ...database.backups.newest, class: "copied", more: 1 },
    },
  })),
};

test("what a later version adds is valid, also for the deployment, and no word is good that is not known", () => {
  expect(schema.safeParse(later).error).toBeUndefined();
  const read = readStatus(JSON.stringify(later));
  expect(read).toMatchObject({ verdict: "unknown", exitCode: 4, points: { disk: { level: "unknown" } } });
  expect(read?.databases[0]?.backups.newest?.verified).toBe(true);
  expect(isProblem({ level: FindingLevel.parse("superb"), text: "", advice: null })).toBe(true);
});

test("the eight points keep their numbers", () => {
  const [database] = report.databases;
  const points = { ...database?.points, ...report.points };
  expect(Object.entries(points).map(([name, { number }]) => `${number} ${name}`)).toEqual([
    ...["1 container", "2 connections", "3 database", "4 persistence", "5 backup"],
    ...["6 schedule", "7 disk", "8 log"],
  ]);
});

test.each([
  ["another version", { ...report, version: 2 }],
  ["no verdict", { ...report, verdict: undefined }],
  [
    "a point without findings",
    { ...report, points: { ...report.points, disk: { ...report.points.disk, findings: [] } } },
  ],
  [
    "a point without number",
    { ...report, points: { ...report.points, disk: { ...report.points.disk, number: 0 } } },
  ],
])("%s is not valid", (_, wrong) => {
  expect(schema.safeParse(JSON.parse(JSON.stringify(wrong))).success).toBe(false);
  expect(readStatus(JSON.stringify(wrong))).toBeNull();
});
