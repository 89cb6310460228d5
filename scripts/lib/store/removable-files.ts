import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../base/errors.ts";
import { syncDirectory } from "../system/durable-file.ts";
import type { RemovableFiles } from "./store.ts";

/** The part of `localDirectory` for programs that only remove files. So their bundles do not contain the rest. */
export const removableFiles = (directory: string): RemovableFiles => ({
  remove: async (names, signal) => {
    try {
      for (const name of names) {
        signal?.throwIfAborted();
        unlinkIfThere(join(directory, name));
      }
    } finally {
      syncDirectory(directory);
    }
  },
});

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}
