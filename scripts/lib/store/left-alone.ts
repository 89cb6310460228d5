import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { leftAloneName } from "../../contract/backup-names.ts";
import { systemCode } from "../base/errors.ts";
import { replaceDurably } from "../system/durable-file.ts";

/** Why an archive was not adopted. It is read only once, until the file changes. */
const LeftAlone = z.object({
  /** The identity of the file; see `identityOf` and `identityWithManifest`. */
  identity: z.string(),
  reason: z.string(),
  readAt: z.iso.datetime(),
  /** It could not be read. That may be temporary, so it is tried again later. */
  passing: z.boolean(),
});
export type LeftAlone = z.infer<typeof LeftAlone>;

/** By the archive's file name. */
export type LeftAloneArchives = Readonly<Record<string, LeftAlone>>;

const Verdicts = z.object({ version: z.literal(1), archives: z.record(z.string(), LeftAlone) });

/** How long an archive that could not be read is not tried again. */
const retryMilliseconds = 7 * 24 * 3_600_000;

/** The identity of a file among others of the same name. A change of permissions or links does not change it. */
export function identityOf(path: string): string {
  const { ino, mtimeNs, size } = statSync(path, { bigint: true });
  return `${size} ${mtimeNs} ${ino}`;
}

/**
 * The identity of an archive together with the manifest beside it. It never equals the archive's identity alone:
 * without that manifest the archive has to be read.
 */
export function identityWithManifest(backup: { archivePath: string; manifestPath: string }): string {
  return `${identityOf(backup.archivePath)}, with ${manifestIdentity(backup.manifestPath)}`;
}

function manifestIdentity(path: string): string {
  try {
    return identityOf(path);
  } catch (error) {
    return `a manifest that cannot be seen (${systemCode(error)})`;
  }
}

/** Whether the knowledge about an archive is still valid. */
export const isKnown = ({ identity, passing, readAt }: LeftAlone, path: string, now: Date): boolean =>
  identity === identityOf(path) && !(passing && now.getTime() - Date.parse(readAt) >= retryMilliseconds);

/** The knowledge about a database's archives; empty if it cannot be read: then the archives are read again. */
export function readLeftAlone(directory: string, database: string): LeftAloneArchives {
  try {
    return z.parse(Verdicts, JSON.parse(readFileSync(join(directory, leftAloneName(database)), "utf8")))
      .archives;
  } catch {
    return {};
  }
}

/** @throws system errors */
export function writeLeftAlone(directory: string, database: string, archives: LeftAloneArchives): void {
  const path = join(directory, leftAloneName(database));
  if (Object.keys(archives).length === 0) rmSync(path, { force: true });
  else replaceDurably(path, `${path}~`, `${JSON.stringify({ version: 1, archives }, null, 2)}\n`);
}
