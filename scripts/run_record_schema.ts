import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { runRecordSchema } from "./contract/run-record.ts";

/** Writes docs/run-record.schema.json. After a change of the schema run: node scripts/run_record_schema.ts */

/** The JSON Schema of a line of the run records. Later versions of the programs may add properties and words. */
export const recordSchema = (): object =>
  z.toJSONSchema(runRecordSchema, { target: "draft-2020-12", reused: "ref", io: "input" });

if (import.meta.main) {
  const path = join(import.meta.dirname, "../docs/run-record.schema.json");
  writeFileSync(path, `${JSON.stringify(recordSchema(), null, 2)}\n`);
}
