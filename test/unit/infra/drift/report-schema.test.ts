import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { reportSchema } from "../../../../infra/drift/report-schema.ts";
import { reportFrom } from "./recordings.ts";

const documented: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../../docs/drift.schema.json"), "utf8"),
);

test("the documented schema is the code's: node infra/drift/report-schema.ts writes it", () => {
  expect(documented).toEqual(JSON.parse(JSON.stringify(reportSchema())));
});

test("reports are valid by the documented schema, and one with a strange verdict is not", () => {
  const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(documented));
  for (const name of ["clean", "tampered", "pending", "sensitive", "failing"] as const) {
    expect(schema.safeParse(reportFrom(name)).error).toBeUndefined();
  }
  const [server] = reportFrom("clean").servers;
  const strange = { ...reportFrom("clean"), servers: [{ ...server, verdict: "splendid" }] };
  expect(schema.safeParse(strange).success).toBe(false);
});
