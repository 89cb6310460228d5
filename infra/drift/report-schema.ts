import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { DriftReport } from "./report.ts";

/** Writes docs/drift.schema.json from the schema in the code; run it after a change: node infra/drift/report-schema.ts */

/** The JSON Schema of what `npm run drift -- --json` prints; a later version may add to it. */
export const reportSchema = (): object =>
  z.toJSONSchema(DriftReport, { target: "draft-2020-12", reused: "ref", io: "input" });

if (import.meta.main) {
  const path = join(import.meta.dirname, "../../docs/drift.schema.json");
  writeFileSync(path, `${JSON.stringify(reportSchema(), null, 2)}\n`);
}
