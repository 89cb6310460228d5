import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../base/errors.ts";
import type { Probed, Store } from "./store.ts";

/**
 * Tries all uses of a store: a file is put, listed, read back, replaced and removed.
 * @param bytes of the file: a store that sends large files in parts should be tried with two parts.
 */
export async function probed(
  store: Omit<Store, "probe">,
  signal: AbortSignal | undefined,
  bytes = 1_000,
): Promise<Probed> {
  // One name per machine: where nothing can be removed, the next probe takes the place of the last one.
  const name = `.probe-${hostname()}`;
  const isListed = async () => (await store.list(signal)).some((entry) => entry.name === name);
  const problem = await problemOf(store, name, bytes, isListed, signal).catch(messageOf);
  const removes = await store
    .remove([name], signal)
    .then(async () => !(await isListed()))
    .catch(() => false);
  return { problem, removes };
}

/** @throws the errors of the store */
async function problemOf(
  store: Omit<Store, "probe">,
  name: string,
  bytes: number,
  isListed: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const scratch = mkdtempSync(join(tmpdir(), "store-probe-"));
  try {
    for (const content of [randomBytes(bytes), randomBytes(bytes)]) {
      const file = join(scratch, "probe");
      writeFileSync(file, content);
      await store.put(file, name, signal);
      const digest = createHash("sha256").update(content).digest("hex");
      if ((await store.readBack(name, signal)) !== digest)
        return "it gives back other bytes than it was given";
    }
    return (await isListed()) ? null : "it does not list what it has taken";
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
