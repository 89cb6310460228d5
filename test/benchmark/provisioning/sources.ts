import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cronFile, type Wish } from "./wish.ts";

/** The files of a wish on this machine: `/root/x` lies at `ROOT/root/x`, with its mode. */
export interface Sources {
  root: string;
  /** Where a file of the server lies here. */
  of(path: string): string;
}

/** Writes them below `root`, which is made. */
export function writeSources(root: string, wish: Wish): Sources {
  const of = (path: string) => join(root, path);
  for (const { path, mode } of wish.directories) {
    mkdirSync(of(path), { recursive: true });
    chmodSync(of(path), Number.parseInt(mode, 8));
  }
  for (const { path, mode, content } of [...wish.files, cronFile(wish)]) {
    mkdirSync(dirname(of(path)), { recursive: true });
    writeFileSync(of(path), content);
    chmodSync(of(path), Number.parseInt(mode, 8));
  }
  return { root, of };
}
