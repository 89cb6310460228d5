import { createGunzip } from "node:zlib";
import { messageOf, systemCode } from "../../base/errors.ts";
import type { Layer } from "./layer.ts";
import type { Writing } from "./writing.ts";

/** Every container has gzip, and every Node a reader for it, which reads several members as one. */
export const gzip: Layer = {
  id: "gzip",
  magic: "1f8b",
  undo: "gzip -dc",
  mayLack: false,
  reader: createGunzip,
  damage(error) {
    const code = systemCode(error);
    if (code === "Z_BUF_ERROR") return "truncated";
    if (code !== "Z_DATA_ERROR") return null;
    // The first header was checked already. zlib looked for this one after a member's end.
    return messageOf(error) === "incorrect header check" ? "trailing-garbage" : "corrupt";
  },
};

/** pg_dump's own. */
export const gzipWriting = (level: number): Writing => ({ compress: level, filters: [] });
