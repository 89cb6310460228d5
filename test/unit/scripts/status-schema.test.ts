import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { judgeServer } from "../../../scripts/lib/status/judgement.ts";
import { statusSchema } from "../../../scripts/status_schema.ts";
import { server } from "./status-observations.ts";

const documented: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../docs/status.schema.json"), "utf8"),
);

test("the documented schema is the code's: node scripts/status_schema.ts writes it", () => {
  expect(documented).toEqual(JSON.parse(JSON.stringify(statusSchema())));
});

test("a report is valid by the documented schema, and one with a strange level is not", () => {
  const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(documented));
  const report = judgeServer(server());
  expect(schema.safeParse(report).error).toBeUndefined();
  expect(schema.safeParse({ ...report, verdict: "splendid" }).success).toBe(false);
});
