import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Preview } from "./preview-markdown.ts";

/** The files of preview.sh for a stack. They may be missing. */
export function readPreview(directory: string, stack: string): Preview {
  const read = (name: string) => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path, "utf8") : null;
  };
  return { stack, text: read("preview.txt"), succeeded: read("exit-code")?.trim() === "0" };
}
