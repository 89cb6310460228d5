import { createHash } from "node:crypto";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import * as z from "zod/mini";
import type { Inputs } from "../pulumi-cli/engine-events.ts";
import { cronTableText } from "../remotehost/cron-table-text.ts";

// Milliseconds after which two texts are too different for a readable diff.
const patience = 5_000;

const Table = z.object({
  environment: z._default(z.record(z.string(), z.string()), {}),
  entries: z.array(z.object({ schedule: z.string(), user: z.string(), command: z.string() })),
  table: z.optional(z.string()),
});

/** The properties that make up a resource's text: they are shown as a unified diff. */
export const textProperties = new Set(["content", "entries", "environment", "table"]);

/** The provider's placeholder for content that is too large or no text. */
const unshown = /^\(\d+ bytes that cannot be shown here, sha256 ([0-9a-f]{64})\)$/;

/** The text of a resource on a server; null if it has none, or if it must not be shown. */
export function textOf(inputs: Inputs): string | null {
  if (inputs.sensitive === true) return null;
  if (typeof inputs.content === "string") return unshown.test(inputs.content) ? null : inputs.content;
  const table = Table.safeParse(inputs);
  return table.success
    ? (table.data.table ?? cronTableText(table.data.environment, table.data.entries))
    : null;
}

/** The sha256 of a resource's bytes on a server, in hexadecimal; null if unknown. */
export function sha256Of(inputs: Inputs): string | null {
  const text = textOf(inputs);
  if (text !== null) return createHash("sha256").update(text).digest("hex");
  if (typeof inputs.content === "string") return unshown.exec(inputs.content)?.[1] ?? null;
  return typeof inputs.sha256 === "string" ? inputs.sha256 : null;
}

/** A sha256 shortened for people. */
export const shortened = (sha256: string): string => sha256.slice(0, 12);

/** The unified diff of two texts; null if it takes too long to compute. */
export function unifiedDiff(
  path: string,
  before: { text: string; label: string },
  after: { text: string; label: string },
): string | null {
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY, timeout: patience };
  const patch = createTwoFilesPatch(path, path, before.text, after.text, before.label, after.label, options);
  return patch ?? null;
}
