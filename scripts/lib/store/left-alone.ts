import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { leftAloneName } from "../../contract/backup-names.ts";
import { systemCode } from "../base/errors.ts";
import { replaceDurably } from "../system/durable-file.ts";

/** Why an archive was not adopted. It is read once, until there is another file of its name. */
const LeftAlone = z.object({
  /** Which file it was; see `identityOf` and `identityWithManifest`. */
  identity: z.string(),
  reason: z.string(),
  readAt: z.iso.datetime(),
  /** It could not be read, which may be over one day: it is tried again in a while. */
  passing: z.boolean(),
});
export type LeftAlone = z.infer<typeof LeftAlone>;

/** By the archive's file name. */
export type LeftAloneArchives = Readonly<Record<string, LeftAlone>>;

const Verdicts = z.object({ version: z.literal(1), archives: z.record(z.string(), LeftAlone) });

/** How long an archive that could not be read is not tried again. */
const retryMilliseconds = 7 * 24 * 3_600_000;

/** What tells a file from another one of its name; that its permissions or links change makes it no other. */
export function identityOf(path: string): string {
  const { ino, mtimeNs, size } = statSync(path, { bigint: true });
  return `${size} ${mtimeNs} ${ino}`;
}

/**
 * What tells an archive and the manifest beside it from others of their names. It is never the archive's alone: without
 * that manifest the archive is to be read.
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

/** Whether what is known of an archive still holds. */
export const isKnown = ({ identity, passing, readAt }: LeftAlone, path: string, now: Date): boolean =>
  identity === identityOf(path) && !(passing && now.getTime() - Date.parse(readAt) >= retryMilliseconds);

/** What is known of a database's archives; nothing where that cannot be read: then they are read again. */
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
