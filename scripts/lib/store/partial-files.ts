import { closeSync, constants, fstatSync, fsyncSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { archiveEndings, type Compression } from "../../contract/compressions.ts";
import { runIdPattern } from "../base/run-id.ts";

export type PartialKind = (typeof archiveEndings)[Compression] | "roles.sql" | "json";

const kinds: readonly PartialKind[] = [...Object.values(archiveEndings), "roles.sql", "json"];

/** The name of a file that a run is still writing: `.NAME.RUNID.KIND.partial`. */
export const partialName = (database: string, runId: string, kind: PartialKind): string =>
  `.${database}.${runId}.${kind}.partial`;

/** The path at which a run writes a file until it is complete. */
export const partialPath = (directory: string, database: string, runId: string, kind: PartialKind): string =>
  join(directory, partialName(database, runId, kind));

const partialPattern = new RegExp(
  `^\\.(?<database>[a-z0-9_]+)\\.(?<runId>${runIdPattern})\\.(?<kind>${kinds.join("|").replaceAll(".", "\\.")})\\.partial$`,
);

/** The parts of an unfinished file's name, or null for any other file. */
export function parsePartialName(fileName: string): { database: string; runId: string; kind: string } | null {
  const groups = partialPattern.exec(fileName)?.groups;
  if (groups === undefined) return null;
  const { database = "", runId = "", kind = "" } = groups;
  return { database, runId, kind };
}

/** The run id of an unfinished file of a database, of any kind; null for any other file. */
export const unfinishedOf = (fileName: string, database: string): string | null =>
  new RegExp(`^\\.${database}\\.(${runIdPattern})\\..+\\.partial$`).exec(fileName)?.[1] ?? null;

/** Removes all files that a run has written under its own names. */
export function removePartials(directory: string, database: string, runId: string): void {
  for (const kind of kinds) rmSync(partialPath(directory, database, runId, kind), { force: true });
}

/** A file that a run writes under its own name: path and descriptor. */
export class PartialFile {
  readonly path: string;
  /** All of it is on disk. */
  isKept = false;
  #descriptor: number | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens it (0600), empty, in place of an earlier attempt's file. @returns its descriptor */
  create(): number {
    this.close();
    rmSync(this.path, { force: true });
    this.isKept = false;
    this.#descriptor = openSync(this.path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    return this.#descriptor;
  }

  /** 0 while it is not open. */
  get bytes(): number {
    return this.#descriptor === null ? 0 : fstatSync(this.#descriptor).size;
  }

  /** Ends the writing after all of it is on disk. @throws system errors */
  keep(): void {
    if (this.#descriptor === null) return;
    fsyncSync(this.#descriptor);
    this.close();
    this.isKept = true;
  }

  /** Ends the writing, complete or not. */
  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
