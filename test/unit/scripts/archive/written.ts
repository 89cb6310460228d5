import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Writing } from "../../../../scripts/lib/archive/layers/writing.ts";
import { dumpCommand } from "../../../../scripts/lib/archive/write.ts";

/** A fake pg_dump; the real one needs a server. It prints a text, compressed by its options, and exits as told. */
const pgDump = `#!/bin/sh
for option; do case $option in --compress=*) level=\${option#*=} ;; esac; done
if [ "$level" = 0 ]; then cat "$DUMP"; else gzip -c "-$level" "$DUMP"; fi
exit "$DUMP_STATUS"
`;

/**
 * Runs the writer of an archive on this machine instead of in a container.
 * @param directory for its files and the archive
 * @returns the path of the archive, the exit code and the output
 */
export function written(
  directory: string,
  writing: Writing,
  text: string,
  { dumpStatus = 0, name = "archive" } = {},
): { path: string; status: number | null; said: string } {
  writeFileSync(join(directory, "pg_dump"), pgDump, { mode: 0o755 });
  writeFileSync(join(directory, "text"), text);
  const path = join(directory, name);
  const output = openSync(path, "w");
  const [command = "", ...words] = dumpCommand(writing);
  const { status, stderr } = spawnSync(command, words, {
    input: "00000003-0000001B-1 UTF8 \n",
    stdio: ["pipe", output, "pipe"],
    env: {
      PATH: `${directory}:${process.env.PATH}`,
      DUMP: join(directory, "text"),
      DUMP_STATUS: String(dumpStatus),
    },
    encoding: "utf8",
  });
  closeSync(output);
  return { path, status, said: stderr };
}
