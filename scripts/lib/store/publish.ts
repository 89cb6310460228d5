import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  archiveEndings,
  archiveName,
  archiveNames,
  backupName,
  manifestName,
  rolesName,
} from "../../contract/backup-names.ts";
import { compressionOfArchive, type Manifest } from "../../contract/manifest.ts";
import { renameDurably } from "../system/durable-file.ts";
import { type PartialKind, partialName, writeManifest } from "./manifest.ts";

const kinds: readonly PartialKind[] = [...Object.values(archiveEndings), "roles.sql", "json"];

/** Where a run writes a file of a kind until it is whole. */
export const partialPath = (directory: string, database: string, runId: string, kind: PartialKind): string =>
  join(directory, partialName(database, runId, kind));

/** Where the archive lies that a manifest describes, until it has its final name. */
export const partialArchive = (directory: string, { archive, database, runId }: Manifest): string =>
  partialPath(directory, database.name, runId, archiveEndings[compressionOfArchive(archive)]);

/** The final path of the archive that a manifest describes. */
export const finalArchive = (directory: string, stem: string, { archive }: Manifest): string =>
  join(directory, archiveName(stem, compressionOfArchive(archive)));

/**
 * The time and name of the next backup: now, or the first second whose names are free. So a second backup in the
 * same second, or one after the clock was set back, overwrites nothing.
 */
export async function freeName(
  directory: string,
  database: string,
  signal: AbortSignal,
): Promise<{ time: Date; stem: string }> {
  for (;;) {
    const time = new Date();
    const { stem } = backupName(database, time);
    const taken = [...archiveNames(stem), manifestName(stem), rolesName(stem)].some((name) =>
      existsSync(join(directory, name)),
    );
    if (!taken) return { time, stem };
    await sleep(1000 - time.getMilliseconds());
    signal.throwIfAborted();
  }
}

/**
 * Gives a verified backup its final names: manifest, roles, and last the archive, whose appearance is the moment
 * from which there is a backup. What is cut off in between is finished by the next run.
 */
export function commit(directory: string, stem: string, manifest: Manifest): void {
  const manifestPath = join(directory, manifestName(stem));
  writeManifest(manifestPath, manifest);
  try {
    finishCommit(directory, stem, manifest);
  } catch (error) {
    // Roles without an archive would stay for good, with their passwords' hashes.
    if (!existsSync(finalArchive(directory, stem, manifest)))
      rmSync(join(directory, rolesName(stem)), { force: true });
    rmSync(manifestPath, { force: true });
    throw error;
  }
}

/** The renames that are still to do when the manifest is there. */
export function finishCommit(directory: string, stem: string, manifest: Manifest): void {
  const roles = partialPath(directory, manifest.database.name, manifest.runId, "roles.sql");
  if (existsSync(roles)) renameDurably(roles, join(directory, rolesName(stem)));
  renameDurably(partialArchive(directory, manifest), finalArchive(directory, stem, manifest));
}

/** Removes whatever a run has written under names of its own. */
export function removePartials(directory: string, database: string, runId: string): void {
  for (const kind of kinds) rmSync(partialPath(directory, database, runId, kind), { force: true });
}
