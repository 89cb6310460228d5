import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { manifestName } from "../../contract/backup-names.ts";
import { type CopiedFile, type Marker, markerName } from "../../contract/copies.ts";
import type { Settings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { GoodBackup } from "../store/copies-state.ts";
import { localDirectory } from "../store/local-directory.ts";
import type { Store } from "../store/store.ts";
import { sealed } from "./seal.ts";
import { StoreError } from "./store-error.ts";

export interface CopyOrder {
  store: Store;
  settings: Pick<Settings, "paths" | "programsVersion" | "server" | "stack">;
  key: Buffer;
  /** `full`: every byte is read back; `digest`: only the size is compared, and the digest where the store has one. */
  level: "full" | "digest";
  signal: AbortSignal;
  /** Milliseconds before a failed upload is tried again; five seconds unless set. */
  pause?: number;
  /** Is told of a file that had to be sent again. */
  warn: (text: string) => void;
}

/** A second upload mends what went wrong on the way; after that something else is wrong, and the next run tries again. */
const attempts = 2;
const usualPause = 5_000;

/**
 * Copies the files of a backup to a store, reads each of them back, and then writes the marker by which they count.
 * @returns how many bytes were copied.
 * @throws ProgramError, StoreError, or the reason of the signal. Then the backup has no copy that counts.
 */
export async function copyBackup(order: CopyOrder, backup: GoodBackup): Promise<number> {
  const files = copiedFiles(order.settings.paths.backups, backup);
  for (const file of files) await send(order, file.name, join(order.settings.paths.backups, file.name), file);
  const marker = sealed("marker", markerContent(order, backup, files), order.key);
  const scratch = mkdtempSync(join(tmpdir(), "copy-marker-"));
  try {
    const path = join(scratch, "marker");
    writeFileSync(path, marker, { mode: 0o600 });
    const bytes = Buffer.byteLength(marker);
    const sha256 = createHash("sha256").update(marker).digest("hex");
    await send(order, markerName(backup.stem), path, { bytes, sha256 });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The files of a copy, with what they must be: as the manifest has it, whatever lies in the directory by now. */
function copiedFiles(directory: string, { manifest, stem }: GoodBackup): CopiedFile[] {
  const text = readFileSync(join(directory, manifestName(stem)));
  const { archive, roles } = manifest;
  const described = [archive, ...(roles === null ? [] : [roles])];
  return [
    ...described.map(({ bytes, file, sha256 }) => ({ name: basename(file), bytes, sha256 })),
    {
      name: manifestName(stem),
      bytes: text.length,
      sha256: createHash("sha256").update(text).digest("hex"),
    },
  ];
}

function markerContent(
  { level, settings }: CopyOrder,
  { class: kind, manifest, shrunk, stem }: GoodBackup,
  files: CopiedFile[],
): Omit<Marker, "hmac"> {
  const { programsVersion, server, stack } = settings;
  return {
    version: 1,
    stack,
    server,
    database: manifest.database.name,
    backup: stem,
    class: kind,
    takenAt: manifest.snapshotAt ?? manifest.createdAt,
    copiedAt: new Date().toISOString(),
    programsVersion,
    level,
    shrunk,
    files,
  };
}

async function send(
  { level, pause = usualPause, signal, store, warn }: CopyOrder,
  name: string,
  path: string,
  expected: Pick<CopiedFile, "bytes" | "sha256">,
): Promise<void> {
  // What is not read back afterwards is looked at before.
  if (level === "digest") await requireUnchanged(path, expected.sha256, signal);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await store.put(path, name, signal);
    } catch (error) {
      // Only what may be over in a moment: a connection that was cut, an error of the store, a damaged part.
      if (attempt === attempts || !(error instanceof StoreError) || error.kind !== "failed") throw error;
      warn(`${name} did not arrive and is sent again: ${error.message}`);
      await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
      continue;
    }
    const wrong =
      level === "full"
        ? await differs(store, name, expected, signal)
        : await differsInSize(store, name, expected, signal);
    if (wrong === null) return;
    await requireUnchanged(path, expected.sha256, signal);
    if (attempt === attempts)
      throw new ProgramError(
        `${name} arrived damaged ${attempts} times: ${wrong} [DBK-COPY-1]`,
        ExitCode.failed,
      );
    warn(`${name} arrived damaged and is sent again: ${wrong} [DBK-COPY-1]`);
  }
}

/** What is wrong with a stored file; null if it is what it must be. @throws StoreError if it cannot be read. */
export async function differs(
  store: Pick<Store, "readBack">,
  name: string,
  { sha256 }: Pick<CopiedFile, "sha256">,
  signal: AbortSignal,
): Promise<string | null> {
  const found = await store.readBack(name, signal);
  return found === sha256 ? null : `read back, its sha256 is ${found} and not ${sha256}`;
}

/** @throws ProgramError */
async function requireUnchanged(path: string, sha256: string, signal: AbortSignal): Promise<void> {
  if ((await localDirectory(dirname(path)).readBack(basename(path), signal)) === sha256) return;
  throw new ProgramError(
    `${path} is no longer what was verified: its sha256 differs from the manifest's; take a new backup [DBK-COPY-2]`,
    ExitCode.badFile,
  );
}

async function differsInSize(
  store: Pick<Store, "list">,
  name: string,
  { bytes }: Pick<CopiedFile, "bytes">,
  signal: AbortSignal,
): Promise<string | null> {
  const found = (await store.list(signal)).find((entry) => entry.name === name)?.bytes ?? null;
  return found === bytes ? null : `the store has ${found ?? "nothing"} instead of ${bytes} bytes`;
}
