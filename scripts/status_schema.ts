import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { StatusReport } from "./contract/status-report.ts";

/** Writes docs/status.schema.json. After a change of the schema run: node scripts/status_schema.ts */

/** The JSON Schema of the output of `check_database_status --json`. Later versions may add properties. */
export const statusSchema = (): object =>
  z.toJSONSchema(StatusReport, { target: "draft-2020-12", reused: "ref", io: "input" });

if (import.meta.main) {
  const path = join(import.meta.dirname, "../docs/status.schema.json");
  writeFileSync(path, `${JSON.stringify(statusSchema(), null, 2)}\n`);
}
