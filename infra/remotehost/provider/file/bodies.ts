import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pinnedProgram } from "../../../local-machine/pinned-program.ts";
import type { NpmFile, PinnedProgram } from "../../file.ts";
import type { RequestInput } from "../ssh/frame.ts";
import { npmFile } from "./npm-file.ts";

/** The origin of a file's bytes. */
export type Origin =
  | { from: "text"; text: string }
  | { from: "file"; path: string }
  | { from: "npm"; file: NpmFile; sha256: string }
  | { from: "publishers"; program: PinnedProgram; sha256: string };

// Bytes that must not be in the state are found by their sha256, from check until create or update, in this process.
const origins = new Map<string, Origin>();

/** Remembers the origin of the bytes with this sha256. */
export function rememberOrigin(sha256: string, origin: Origin): void {
  origins.set(sha256, origin);
}

/** The bytes with this sha256, for a request; `cache` keeps what was fetched. @throws when they were never remembered or cannot be read. */
export async function bodyOf(
  sha256: string,
  cache: string,
  onProgress: (sent: number, length: number) => void,
): Promise<RequestInput> {
  const origin = origins.get(sha256);
  if (!origin)
    throw new Error(
      `the bytes with sha256 ${sha256} are no longer at hand. Run the command again. [DBK-CHANGE-6]`,
    );
  if (origin.from === "text") return Buffer.from(origin.text);
  const path = await pathOf(origin, cache);
  const { size } = await stat(path);
  return { stream: () => createReadStream(path), length: size, onProgress };
}

function pathOf(origin: Exclude<Origin, { from: "text" }>, cache: string): string | Promise<string> {
  switch (origin.from) {
    case "file":
      return origin.path;
    case "npm":
      return npmFile(origin.file, origin.sha256, cache);
    case "publishers":
      return pinnedProgram(origin.program, origin.sha256, cache);
  }
}
