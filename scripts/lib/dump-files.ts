import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { partialPath } from "./commit.ts";
import type { Content } from "./content/content.ts";
import type { DumpedSequence } from "./content/sequences.ts";
import type { Deadline } from "./deadline.ts";
import { DumpError, dumpDatabase, dumpRoles } from "./dump.ts";
import { applicationName } from "./run-id.ts";
import type { DatabaseSettings, Settings } from "./settings.ts";
import { openSnapshot, type SnapshotFacts } from "./snapshot.ts";

export interface DumpFiles {
  archivePath: string;
  rolesPath: string;
  facts: SnapshotFacts;
  /** Without the sequences' values, which only the dump knows. */
  content: Omit<Content, "sequences">;
  sequences: readonly DumpedSequence[];
}

const progressMilliseconds = 500;

/**
 * Writes a run's dump and roles under names of its own and makes them last. Dump and content are of one snapshot.
 * @throws PsqlError, DockerError, DumpError, InterruptedError, system errors; the files are then still there.
 */
export async function writeDumpFiles(
  settings: Settings,
  database: DatabaseSettings,
  run: {
    runId: string;
    lock: { readonly fd: number };
    deadline: Deadline;
    progress?: (bytes: number) => void;
  },
): Promise<DumpFiles> {
  const { signal, stop } = run.deadline;
  const archivePath = partialPath(settings.paths.backups, database.name, run.runId, "sql.gz");
  const rolesPath = partialPath(settings.paths.backups, database.name, run.runId, "roles.sql");
  const snapshot = await openSnapshot(database, {
    applicationName: applicationName(run.runId),
    lockTimeoutSeconds: settings.timeouts.lockWait,
    signal,
  });
  const archive = create(archivePath);
  const roles = create(rolesPath);
  const { facts, sequences } = snapshot;
  const common = { runId: run.runId, lock: run.lock.fd, signal };
  const timer = setInterval(() => run.progress?.(fstatSync(archive).size), progressMilliseconds);
  const work = [
    dumpDatabase(database, {
      ...common,
      output: archive,
      snapshot: facts.snapshot,
      compressionLevel: settings.compressionLevel,
      lockWaitSeconds: settings.timeouts.lockWait,
    }),
    dumpRoles(database, { ...common, output: roles, passwords: facts.readsPasswords }),
    snapshot.readContent(settings.manifest),
  ] as const;
  try {
    const [, , content] = await Promise.all(work);
    fsyncSync(archive);
    fsyncSync(roles);
    return { archivePath, rolesPath, facts, content, sequences };
  } catch (error) {
    stop("another part of the backup failed");
    await Promise.allSettled(work);
    throw error;
  } finally {
    clearInterval(timer);
    closeSync(archive);
    closeSync(roles);
    await snapshot.close();
  }
}

const create = (path: string): number =>
  openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);

/** Size and digest of a roles file. @throws DumpError unless it ends as pg_dumpall ends it. */
export function readRoles(path: string, container: string): { bytes: number; sha256: string } {
  const content = readFileSync(path);
  const complete = /\n--\n-- PostgreSQL database cluster dump complete\n--\n\n(\\unrestrict \w+\n\n)?$/;
  if (!complete.test(content.toString("latin1")))
    throw new DumpError("pg_dumpall", container, "its output is cut off");
  return { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}
