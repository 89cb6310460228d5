import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { manifestText } from "../../../scripts/lib/store/manifest.ts";
import { manifestSchema } from "../../../scripts/manifest_schema.ts";
import { backup } from "./status/observations.ts";

const documented: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../docs/manifest.schema.json"), "utf8"),
);

test("the documented schema is the code's: node scripts/manifest_schema.ts writes it", () => {
  expect(documented).toEqual(JSON.parse(JSON.stringify(manifestSchema())));
});

test("a manifest is valid by the documented schema, with what later versions add too, and one without its archive is not", () => {
  const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(documented));
  const { manifest: made } = backup({ hoursAgo: 1 });
  if (made === null) throw new Error("the backup has a manifest");
  const manifest = JSON.parse(manifestText(made));
  expect(schema.safeParse(manifest).error).toBeUndefined();
  expect(schema.safeParse({ ...manifest, weather: "fine" }).success).toBe(true);
  expect(schema.safeParse({ ...manifest, archive: null }).success).toBe(false);
});
