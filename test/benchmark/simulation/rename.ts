import { createHash } from "node:crypto";
import type { Recording } from "./recording.ts";

/** Makes of what is known of one server what would be known of another one, that differs in its name alone. */
export interface Rename {
  /** Texts and what stands in their place, the longest first. */
  texts: readonly (readonly [from: string, to: string])[];
  /** sha256 of contents that the names stand in, in hexadecimal, and those of the contents with the other names. */
  digests: ReadonlyMap<string, string>;
}

/** A rename that knows what becomes of the sha256 of these contents. */
export function renameOf(texts: Rename["texts"], contents: readonly string[]): Rename {
  const plain: Rename = { texts, digests: new Map() };
  const digests = contents.map((content) => [sha256(content), sha256(renamed(content, plain))] as const);
  return { texts, digests: new Map(digests) };
}

const digestPattern = /\b[0-9a-f]{64}\b/g;

export function renamed(text: string, { texts, digests }: Rename): string {
  const named = texts.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
  return named.replaceAll(digestPattern, (digest) => digests.get(digest) ?? digest);
}

/** The same in the lines of an answer, whose fields stand between colons and may be in base64. */
export function renamedAnswer(text: string, rename: Rename): string {
  const field = (word: string): string => {
    // A content has a plus before its base64.
    const sign = word.startsWith("+") && word.length % 4 === 1 ? "+" : "";
    const encoded = word.slice(sign.length);
    if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return renamed(word, rename);
    const decoded = Buffer.from(encoded, "base64").toString("latin1");
    const changed = renamed(decoded, rename);
    // A name may look like base64 and mean itself.
    if (changed === decoded) return renamed(word, rename);
    return sign + Buffer.from(changed, "latin1").toString("base64");
  };
  const line = (words: string) => words.split(":").map(field).join(":");
  return text.split("\n").map(line).join("\n");
}

/** What another server would have been recorded with; no two of them have the same machine-id. */
export function renamedRecording(recording: Recording, rename: Rename): Recording {
  const names = rename.texts.map(([, to]) => to).join("\n");
  return {
    ...recording,
    machine: { ...recording.machine, id: sha256(names).slice(0, 32) },
    answers: recording.answers.map(({ script, stdout, stderr, ...answer }) => ({
      ...answer,
      script: renamed(script, rename),
      stdout: renamedAnswer(stdout, rename),
      stderr: renamed(stderr, rename),
    })),
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
