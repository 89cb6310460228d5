import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { DriftReport, exitCodeOf } from "../../../../infra/drift/report.ts";
import { reportSchema } from "../../../../infra/drift/report-schema.ts";
import { reportFrom } from "./recordings.ts";

const documented: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../../docs/drift.schema.json"), "utf8"),
);

test("the documented schema is the code's: node infra/drift/report-schema.ts writes it", () => {
  expect(documented).toEqual(JSON.parse(JSON.stringify(reportSchema())));
});

const clean = () => {
  const report = reportFrom("clean");
  const [server] = report.servers;
  if (server === undefined) throw new Error("no server in the report");
  return { report, server };
};
const names = ["clean", "tampered", "pending", "sensitive", "failing"] as const;
const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(documented));

test("reports are valid by the documented schema, which has all of their properties", () => {
  for (const name of names) {
    const report = reportFrom(name);
    expect(schema.safeParse(report).error).toBeUndefined();
    expect(DriftReport.parse(report)).toEqual(report);
  }
});

test("what a later version adds is valid, and no verdict is good that is not known", () => {
  const { report, server } = clean();
  const [change] = reportFrom("tampered").servers.flatMap(({ drift }) => drift);
  const later = {
    ...report,
    more: true,
    servers: [
      { ...server, more: [1], verdict: "splendid", drift: [{ ...change, change: "moved", more: 1 }] },
    ],
  };
  expect(schema.safeParse(later).error).toBeUndefined();
  const read = DriftReport.parse(later);
  expect(read.servers[0]).toMatchObject({ verdict: "unknown", drift: [{ change: "changed" }] });
  expect(exitCodeOf(read.servers, [])).toBe(1);
});

test("what is missing or of another kind is not valid", () => {
  const { report, server } = clean();
  const { key: _, ...nameless } = server;
  for (const wrong of [
    { ...report, version: 2 },
    { ...report, servers: [nameless] },
    { ...report, takenAt: 1 },
  ]) {
    expect(schema.safeParse(wrong).success).toBe(false);
    expect(DriftReport.safeParse(wrong).success).toBe(false);
  }
});
