import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { runRecordLine } from "../../../scripts/contract/write-record.ts";
import { recordSchema } from "../../../scripts/run_record_schema.ts";
import { beginning, record } from "./history/suite.ts";

const documented: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../docs/run-record.schema.json"), "utf8"),
);

test("the documented schema is the code's: node scripts/run_record_schema.ts writes it", () => {
  expect(documented).toEqual(JSON.parse(JSON.stringify(recordSchema())));
});

test("a record is valid by the documented schema, with what later versions add too, and one without its run is not", () => {
  const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(documented));
  for (const one of [beginning(), record(), record({ error: { kind: "failed", text: "x" } })]) {
    const written = JSON.parse(runRecordLine(one));
    expect(schema.safeParse(written).error).toBeUndefined();
    expect(schema.safeParse({ ...written, outcome: "splendid", weather: "fine" }).success).toBe(true);
    expect(schema.safeParse({ ...written, runId: null }).success).toBe(false);
    expect(schema.safeParse({ ...written, version: 2 }).success).toBe(false);
  }
});
