import { createHmac, timingSafeEqual } from "node:crypto";
import type * as z from "zod/mini";
import * as zod from "zod/mini";

/**
 * The texts that this system writes to a store are sealed: their last property is the HMAC-SHA-256 of the rest, by the
 * stack's key. Whoever can write to the store but has no key can neither make such a text nor change one.
 */

/** What a text stands for, so that a marker is never taken for an owner. */
type Purpose = "marker" | "owner";

const macOf = (purpose: Purpose, rest: object, key: Buffer): string =>
  createHmac("sha256", key)
    .update(`database-backups ${purpose} 1\n${JSON.stringify(rest)}`)
    .digest("hex");

/** The text of a file for the store. */
export const sealed = (purpose: Purpose, content: object, key: Buffer): string =>
  `${JSON.stringify({ ...content, hmac: macOf(purpose, content, key) }, null, 2)}\n`;

/**
 * The content of a sealed text; properties that this version does not know are covered too.
 * @returns null if the text was not written with this key.
 * @throws SyntaxError or ZodError if it is no such text at all.
 */
export function unsealed<T>(purpose: Purpose, schema: z.ZodMiniType<T>, text: string, key: Buffer): T | null {
  const written: unknown = JSON.parse(text);
  const content = zod.parse(schema, written);
  const { hmac, ...rest } = zod.parse(zod.looseObject({ hmac: zod.string() }), written);
  const expected = Buffer.from(macOf(purpose, rest, key));
  const found = Buffer.from(hmac);
  return found.length === expected.length && timingSafeEqual(found, expected) ? content : null;
}
