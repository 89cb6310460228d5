import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { Manifest } from "./contract/manifest.ts";

/** Writes docs/manifest.schema.json. After a change of the schema run: node scripts/manifest_schema.ts */

/** The last property of the file, which the schema in the code does not have; see `manifestText`. */
const ownDigest = { manifestSha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)) };

/** The JSON Schema of the `.json` beside every backup. Later versions of the programs may add properties. */
export const manifestSchema = (): object =>
  z.toJSONSchema(z.extend(Manifest, ownDigest), { target: "draft-2020-12", reused: "ref", io: "input" });

if (import.meta.main) {
  const path = join(import.meta.dirname, "../docs/manifest.schema.json");
  writeFileSync(path, `${JSON.stringify(manifestSchema(), null, 2)}\n`);
}
