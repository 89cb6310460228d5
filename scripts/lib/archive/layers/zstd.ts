import { createZstdDecompress } from "node:zlib";
import { ProgramError, systemCode } from "../../base/errors.ts";
import { ExitCode } from "../../base/exit-codes.ts";
import type { Layer } from "./layer.ts";
import type { Writing } from "./writing.ts";

/** One frame with a checksum of the content, as the command writes it. Node reads only one frame. */
export const zstd: Layer = {
  id: "zstd",
  magic: "28b52ffd",
  undo: "zstd -dc",
  mayLack: true,
  reader(options) {
    // Nodes before 22.15 have none.
    if (createZstdDecompress !== undefined) return createZstdDecompress(options);
    throw new ProgramError(
      `Node ${process.versions.node} cannot read zstd archives; install Node 22.15 or later, or set runtime to pinned and deploy [DBK-SETTINGS-3]`,
      ExitCode.configuration,
    );
  },
  damage(error) {
    const code = systemCode(error) ?? "";
    if (code === "Z_BUF_ERROR") return "truncated";
    // After the frame Node ends, or looks for another one.
    if (code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ZSTD_error_prefix_unknown")
      return "trailing-garbage";
    return code.startsWith("ZSTD_error_") ? "corrupt" : null;
  },
};

/**
 * pg_dump's own zstd exists since PostgreSQL 16 and omits the checksum that detects damage, so the command is used. It
 * uses a single thread, also for reading (`-T1` has another one for that), because the application needs the other
 * processors. With a reading thread at a high level it would read megabytes ahead, and go on for half a minute after
 * the dump's end.
 */
export const zstdWriting = (level: number): Writing => ({
  compress: 0,
  filters: [
    {
      name: "zstd",
      options: `-q --single-thread -${level} -c`,
      lacking: (container) =>
        new ProgramError(
          `container ${container} has no zstd; install it in the image, or set backups.compression to gzip [DBK-SETTINGS-3]`,
          ExitCode.unavailable,
        ),
    },
  ],
});
