import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../base/errors.ts";

export interface DirectoryEntry {
  name: string;
  isFile: boolean;
  /** 0 if it is not a regular file. */
  bytes: number;
}

/** The entries of the backups directory; none if it does not exist. */
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
