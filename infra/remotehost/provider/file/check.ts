import * as z from "zod/mini";
import { messageOf } from "../../../../scripts/contract/error-text.ts";
import { sha256OfFile, sha256OfText } from "../../../local-machine/sha256.ts";
import type { Checked, CheckFailure } from "../resource.ts";
import { show } from "../rules.ts";
import { failuresOf, placeSchema, ruled } from "../schema.ts";
import { type Properties, type Unwrapped, unknownValue, type Value } from "../wire.ts";
import { rememberOrigin } from "./bodies.ts";

const defaults = { mode: "0600", owner: "root", group: "root" };

const sha256Text = ruled((text) =>
  /^[0-9a-f]{64}$/.test(text) ? null : `${show(text)} is not a SHA-256: write 64 hexadecimal digits`,
);

const packageName = ruled((text) =>
  /^(?:@[a-z0-9._-]+\/)?[a-z0-9._][a-z0-9._-]*$/.test(text) ? null : `${show(text)} is not a package name`,
);
const version = ruled((text) =>
  /^\d+\.\d+\.\d+[\w.+-]*$/.test(text) ? null : `${show(text)} is not an exact version`,
);
const member = ruled((text) =>
  /^(?!\/|-)[^\p{Cc}*?[\\]+$/u.test(text) ? null : `${show(text)} is not a path in a package`,
);
const plainName = ruled((text) => (/^\w[\w.-]*$/.test(text) ? null : `${show(text)} is not a plain name`));

const npmFileSchema = z.strictObject({
  package: packageName,
  version,
  integrity: ruled((text) =>
    /^sha(?:256|384|512)-[A-Za-z0-9+/]+=*$/.test(text) ? null : "it is not an integrity of a lock file",
  ),
  file: member,
});

const pinnedProgramSchema = z.strictObject({
  program: plainName,
  version,
  zip: z.strictObject({
    url: ruled((text) => (/^https:\/\/\S+$/.test(text) ? null : `${show(text)} is not an https address`)),
    member,
  }),
  wheel: z.strictObject({ package: plainName, platform: plainName, member }),
});

const schema = z.strictObject({
  ...placeSchema,
  content: z.optional(z.string()),
  source: z.optional(z.union([z.string().check(z.minLength(1)), npmFileSchema, pinnedProgramSchema])),
  sensitive: z.optional(z.boolean()),
  sha256: z.optional(sha256Text),
});

/**
 * The inputs for the state. Bytes that are sensitive or come from a source are replaced by their sha256 here, so
 * that they never get into it.
 */
export async function checkFile(news: Unwrapped): Promise<Checked> {
  const values: Properties = { ...defaults, ...news.values };
  const { content, source, sensitive, sha256, ...place } = values;
  const failures = failuresOf(schema, { ...news, values });
  const wrong = { inputs: place, failures };
  if (failures.length > 0) return wrong;

  const one = onlyOne(content, source, sha256);
  if (one) return { ...wrong, failures: [one] };
  if (typeof content === "string")
    return { inputs: { ...place, ...contentInputs(content, sensitive, news) }, failures };
  if (news.unknowns.has("source")) return { inputs: { ...place, sha256: unknownValue }, failures };
  if (typeof source === "string") {
    const shown = sensitive === true ? { ...place, sensitive } : place;
    return await sourceInputs(shown, source, sha256);
  }
  const wanted = String(sha256);
  const program = pinnedProgramSchema.safeParse(source);
  rememberOrigin(
    wanted,
    program.success
      ? { from: "publishers", program: program.data, sha256: wanted }
      : { from: "npm", file: npmFileSchema.parse(source), sha256: wanted },
  );
  return { inputs: { ...place, sha256 }, failures };
}

function onlyOne(
  content: Value | undefined,
  source: Value | undefined,
  sha256: Value | undefined,
): CheckFailure | null {
  if ((content === undefined) === (source === undefined)) {
    return { property: "content", reason: "give exactly one of content and source" };
  }
  if (content !== undefined && sha256 !== undefined) {
    return {
      property: "sha256",
      reason: "it belongs to a source: remove it, or give a source in place of content",
    };
  }
  if (typeof source === "object" && sha256 === undefined) {
    return { property: "sha256", reason: "a file that is fetched needs its expected sha256" };
  }
  return null;
}

function contentInputs(
  content: string,
  sensitive: Value | undefined,
  news: Unwrapped,
): Record<string, unknown> {
  if (sensitive !== true && !news.secrets.has("content")) return { content };
  if (news.unknowns.has("content")) return { sensitive: true, sha256: unknownValue };
  const sha256 = sha256OfText(content);
  rememberOrigin(sha256, { from: "text", text: content });
  return { sensitive: true, sha256 };
}

async function sourceInputs(
  place: Record<string, unknown>,
  path: string,
  wanted: Value | undefined,
): Promise<Checked> {
  try {
    const sha256 = await sha256OfFile(path);
    if (wanted !== undefined && wanted !== sha256) {
      const reason = `${path} has the sha256 ${sha256}, not the wanted ${show(wanted)}`;
      return { inputs: place, failures: [{ property: "source", reason }] };
    }
    rememberOrigin(sha256, { from: "file", path });
    return { inputs: { ...place, sha256 }, failures: [] };
  } catch (error) {
    const why = messageOf(error);
    return { inputs: place, failures: [{ property: "source", reason: `${path} cannot be read: ${why}` }] };
  }
}
