import { ExitCode } from "../lib/base/exit-codes.ts";
import type { RunRecord } from "./run-record.ts";

/** Writes records. Separate from their schema, which programs that only write records need not contain. */

/** The word for programs that an exit code stands for: its name in `ExitCode`. That of success: something beside failed. */
export const errorKind = (exitCode: ExitCode): string =>
  Object.entries(ExitCode).find(([, code]) => code === exitCode)?.[0] ?? "failed";

/** The month whose file a record belongs to: `2026-11`, of its end, or of its beginning while it has none. */
export const monthOf = ({ began, ended }: Pick<RunRecord, "began" | "ended">): string =>
  (ended ?? began).slice(0, 7);

/** Bytes of the longest line, its end included. */
export const longestRunRecord = 4096;
const longest = { error: 2000, file: 1000 };

/** The line of a record, with its end; never longer than `longestRunRecord`. */
export function runRecordLine(record: RunRecord): string {
  const { error, file } = record;
  const written = {
    ...record,
    file: file === null ? null : shortened(file, longest.file),
    error: error && { ...error, text: shortened(error.text, longest.error) },
  };
  return `${JSON.stringify(written)}\n`;
}

/** The longest beginning of a text that takes at most this many bytes in JSON. */
function shortened(text: string, bytes: number): string {
  const size = (part: string) => Buffer.byteLength(JSON.stringify(part));
  if (size(text) <= bytes) return text;
  let kept = text.slice(0, bytes);
  while (size(`${kept} …`) > bytes) kept = kept.slice(0, Math.floor(kept.length * 0.9));
  return `${kept} …`;
}
