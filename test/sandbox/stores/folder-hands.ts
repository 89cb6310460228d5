import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Place, spoiled } from "./store-server.ts";

/** Hands in a server that keeps files as files of a directory. */
export function folderHands(directory: string): Pick<Place, "lay" | "spoil" | "protect"> {
  const pathOf = (name: string) => join(directory, name);
  return {
    lay: async (names, text) => {
      for (const name of names) writeFileSync(pathOf(name), text);
    },
    spoil: async (name) => writeFileSync(pathOf(name), spoiled(readFileSync(pathOf(name)))),
    // A file's name is taken by what is none.
    protect: async (name) => {
      mkdirSync(join(pathOf(name), "x"), { recursive: true });
    },
  };
}
