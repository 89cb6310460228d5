import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { Manifest } from "./contract/manifest.ts";

/**
 * Writes docs/manifest.schema.json from the schema in the code; run it after changing that: node
 * scripts/manifest_schema.ts
 */

/** What the file has besides: the last property, see `manifestText`. */
const ownDigest = { manifestSha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)) };

/** The JSON Schema of the `.json` beside every backup; a later version of the programs may add properties. */
export const manifestSchema = (): object =>
  z.toJSONSchema(z.extend(Manifest, ownDigest), { target: "draft-2020-12", reused: "ref", io: "input" });

if (import.meta.main) {
  const path = join(import.meta.dirname, "../docs/manifest.schema.json");
  writeFileSync(path, `${JSON.stringify(manifestSchema(), null, 2)}\n`);
}
