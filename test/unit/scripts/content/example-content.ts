import type { Content } from "../../../../scripts/contract/content.ts";

/** The content of a backed-up database. */
export const content: Content = {
  proof: "full",
  hashing: 1,
  serverVersionNumber: 150018,
  tables: [
    { schema: "public", name: "courses", rows: 120, hash: "17" },
    { schema: "public", name: "events", rows: 3_900_000, hash: "-5" },
    { schema: "public", name: "spatial_ref_sys", rows: 1, hash: "3", extension: "postgis" },
  ],
  sequences: [{ schema: "public", name: "courses_id_seq", lastValue: "9223372036854775807", isCalled: true }],
  largeObjects: { count: 3, bytes: 32_400, hash: "8" },
  extensions: [
    { name: "pgcrypto", version: "1.3" },
    { name: "postgis", version: "3.9" },
  ],
  objects: {
    indexes: { count: 57, hash: "1" },
    notValidConstraints: { count: 1, hash: "2" },
    policies: { count: 1, hash: "3" },
    publicSchema: { count: 1, hash: "5" },
    publicSchemaGrants: { count: 2, hash: "4" },
  },
  roles: [
    { name: "app", attributes: ["LOGIN"], connectionLimit: -1, validUntil: null, memberOf: [] },
    { name: "reporting", attributes: [], connectionLimit: -1, validUntil: null, memberOf: ["app"] },
  ],
};
/** A change of its objects. */
export const objects = (change: Content["objects"]) => ({ objects: { ...content.objects, ...change } });
