import * as z from "zod/mini";

const day = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const clock = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?`;

/** A time as UTC ISO, `2026-11-22T02:00:00.000Z`. zod's own check brings 2.4 KB more into every program. */
export const isoTime = z.string().check(z.regex(new RegExp(`^${day}T${clock}Z$`)));
