import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cronFile, type DesiredState } from "./desired-state.ts";

/** The files of a desired state on this machine: `/root/x` is at `ROOT/root/x`, with its mode. */
export interface Sources {
  root: string;
  /** The local path of a server's file. */
  of(path: string): string;
}

/** Writes them below `root`, which is created. */
export function writeSources(root: string, desired: DesiredState): Sources {
  const of = (path: string) => join(root, path);
  for (const { path, mode } of desired.directories) {
    mkdirSync(of(path), { recursive: true });
    chmodSync(of(path), Number.parseInt(mode, 8));
  }
  for (const { path, mode, content } of [...desired.files, cronFile(desired)]) {
    mkdirSync(dirname(of(path)), { recursive: true });
    writeFileSync(of(path), content);
    chmodSync(of(path), Number.parseInt(mode, 8));
  }
  return { root, of };
}
