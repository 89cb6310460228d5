import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../base/errors.ts";

export interface DirectoryEntry {
  name: string;
  isFile: boolean;
  /** 0 for what is not a regular file. */
  bytes: number;
}

/** What lies in the backups directory; nothing if it does not exist. */
export function listEntries(directory: string): DirectoryEntry[] {
  try {
    return readdirSync(directory)
      .sort()
      .flatMap((name) => {
        const status = lstatSync(join(directory, name), { throwIfNoEntry: false });
        if (status === undefined) return [];
        const isFile = status.isFile();
        return [{ name, isFile, bytes: isFile ? status.size : 0 }];
      });
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
