import { statSync } from "node:fs";

/** Identifies the files and their time of writing without reading them. */
export const identityOf = (paths: readonly (string | null)[]): string =>
  paths
    .map((path) => {
      const found = path === null ? undefined : statSync(path, { bigint: true, throwIfNoEntry: false });
      return found === undefined ? "none" : `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}`;
    })
    .join(" ");
