import { existsSync, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  archiveName,
  archiveNames,
  backupName,
  manifestName,
  parseStem,
  rolesName,
} from "../../contract/backup-names.ts";
import { archiveEndings, type Compression } from "../../contract/compressions.ts";
import { compressionOfArchive, type Manifest } from "../../contract/manifest.ts";
import { renameDurably, requireFree } from "../system/durable-file.ts";
import { listFiles } from "./backups.ts";
import { readManifest, writeManifest } from "./manifest.ts";
import { PartialFile, partialPath, removePartials } from "./partial-files.ts";

/**
 * The seam of publishers. A publisher alone knows where a run's files lie from their first byte to their final names,
 * in which order they get these, and what goes when the run fails. It is for the directory of backups on this machine:
 * a remote store has no rename. test/unit/scripts/store/publisher.test.ts holds what each has to keep of this contract:
 *
 * - A backup is published whole or not at all, wherever a run is cut off. The archive's final name is the last to
 *   appear, and manifest and roles are on disk under theirs by then.
 * - A run that is cut off between the manifest's rename and the archive's is finished, or removed, by `finish`.
 * - After `publish` has thrown, no file of the run has a final name, unless the archive has: then all files have.
 * - `abandon` removes all files under the run's own names. Another attempt may then write.
 * - A file under a final name is never overwritten and, if it is not this run's, never removed.
 * - All files are the user's alone (0600), as is the directory where it has to be made (0700).
 *
 * Call it while the database's lock is held.
 */
export interface Publisher {
  /** Makes the directory if need be, and chooses the names; writes nothing yet. @throws system errors, and on abort */
  begin(run: RunFiles & { compression: Compression }, signal: AbortSignal): Promise<BackupWriter>;
  /**
   * Does the remaining steps of a crashed run, and removes its files under final names if the archive is not complete.
   * Files under the run's own names are left to `removePartials`.
   * @param isWhole whether the file at a path is the archive that a manifest describes
   * @returns the name of the run's archive; null if it has no complete one
   */
  finish(
    run: RunFiles,
    isWhole: (path: string, manifest: Manifest) => Promise<boolean>,
  ): Promise<string | null>;
}

/** What a run writes its backup through. */
export interface BackupWriter {
  /** When the backup is taken; its names are made of it. */
  readonly time: Date;
  /** What its files will be called. */
  readonly names: { archive: string; roles: string };
  readonly archive: PartialFile;
  readonly roles: PartialFile;
  /**
   * Gives the kept files their final names, and writes the manifest beside them.
   * @throws system errors; Error if a final name is taken, or a file was not kept
   */
  publish(manifest: Manifest): void;
  /** Removes what was written so far. @throws system errors */
  abandon(): void;
}

/** Whose files they are. */
export interface RunFiles {
  directory: string;
  /** The database's key in the configuration. */
  database: string;
  runId: string;
}

/**
 * Gives a file its final name in place of the old one, durably. If it was cut off, a second call does the rest. @throws
 * Error where another file has that name
 */
export type Naming = (from: string, to: string) => void;

/** A publisher whose files get their names so. */
export const publisherBy = (name: Naming): Publisher => ({
  begin: async (run, signal) => {
    const { directory, database, runId, compression } = run;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { stem, time } = await freeName(directory, database, signal);
    const archive = new PartialFile(partialPath(directory, database, runId, archiveEndings[compression]));
    const roles = new PartialFile(partialPath(directory, database, runId, "roles.sql"));
    return {
      time,
      names: { archive: archiveName(stem, compression), roles: rolesName(stem) },
      archive,
      roles,
      publish: (manifest) => {
        const unfinished = [archive, roles].find(({ isKept }) => !isKept);
        if (unfinished !== undefined) throw new Error(`${unfinished.path} is not written to its end`);
        publish(name, directory, stem, manifest);
      },
      abandon: () => {
        archive.close();
        roles.close();
        removePartials(directory, database, runId);
      },
    };
  },
  finish: (run, isWhole) => finish(name, run, isWhole),
});

/** The programs' own. */
export const publisher: Publisher = publisherBy(renameDurably);

/**
 * The time and name of the next backup: now, or the first second whose names are free. So a second backup in the
 * same second, or one after the clock was set back, overwrites nothing.
 */
async function freeName(
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

/** Manifest, roles, and last the archive, whose appearance is the moment from which there is a backup. */
function publish(name: Naming, directory: string, stem: string, manifest: Manifest): void {
  const { archive } = pathsOf(directory, stem, manifest);
  const companions = [join(directory, rolesName(stem)), join(directory, manifestName(stem))] as const;
  // From here on, any file with one of these names is this run's.
  for (const path of [archive, ...companions]) requireFree(path);
  try {
    writeManifest(companions[1], manifest);
    nameAll(name, directory, stem, manifest);
  } catch (error) {
    // An archive with its final name is complete, with all its parts. Roles without an archive would stay for ever,
    // with their passwords' hashes.
    if (!existsSync(archive)) for (const path of companions) rmSync(path, { force: true });
    throw error;
  }
}

/** The steps that remain after the manifest is written. */
function nameAll(name: Naming, directory: string, stem: string, manifest: Manifest): void {
  const roles = partialPath(directory, manifest.database.name, manifest.runId, "roles.sql");
  if (existsSync(roles)) name(roles, join(directory, rolesName(stem)));
  const { partial, archive } = pathsOf(directory, stem, manifest);
  name(partial, archive);
}

/** The path of the archive that a manifest describes, before and after it is published. */
function pathsOf(directory: string, stem: string, { archive, database, runId }: Manifest) {
  const compression = compressionOfArchive(archive);
  return {
    partial: partialPath(directory, database.name, runId, archiveEndings[compression]),
    archive: join(directory, archiveName(stem, compression)),
  };
}

async function finish(
  name: Naming,
  { directory, database, runId }: RunFiles,
  isWhole: (path: string, manifest: Manifest) => Promise<boolean>,
): Promise<string | null> {
  let finished: string | null = null;
  for (const fileName of listFiles(directory)) {
    const stem = /^(.+)\.json$/.exec(fileName)?.[1];
    if (stem === undefined || parseStem(stem)?.database !== database) continue;
    const manifest = manifestOfRun(join(directory, fileName), runId);
    if (manifest === null) continue;
    const { partial, archive } = pathsOf(directory, stem, manifest);
    if (await isWhole(partial, manifest)) {
      nameAll(name, directory, stem, manifest);
      return basename(archive);
    }
    if (existsSync(archive)) {
      finished ??= basename(archive);
      continue;
    }
    rmSync(join(directory, rolesName(stem)), { force: true });
    rmSync(join(directory, fileName), { force: true });
  }
  return finished;
}

function manifestOfRun(path: string, runId: string): Manifest | null {
  try {
    const manifest = readManifest(path);
    // An adopted archive has the run's id but is no backup of that run.
    return manifest.runId === runId && !manifest.adopted ? manifest : null;
  } catch {
    return null;
  }
}
