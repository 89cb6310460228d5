import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An `ssh` for PATH that records the data sent to servers and counts the framed requests. */
export async function listenToSsh(): Promise<{ directory: string; requests(): Promise<number> }> {
  const directory = await mkdtemp(join(tmpdir(), "ear-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const heard = join(directory, "heard");
  const program = join(directory, "ssh");
  await writeFile(program, `#!/bin/sh\nPATH=\${PATH#*:}\ntee -a '${heard}' | ssh "$@"\n`);
  await chmod(program, 0o755);
  return {
    directory,
    async requests() {
      const text = await readFile(heard, "latin1");
      return text.match(/\d+ (?:plain|gzip) (?:- -|\d+ (?:plain|gzip))$/gm)?.length ?? 0;
    },
  };
}
