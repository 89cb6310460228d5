import { closeSync, constants, fstatSync, fsyncSync, openSync, rmSync } from "node:fs";
import { archiveEndings } from "../../contract/backup-names.ts";
import { compressionIn, type DatabaseSettings, type Settings } from "../../contract/settings.ts";
import { type Dump, type DumpOptions, prepareDump } from "../archive/write.ts";
import { partialPath } from "../store/publish.ts";

/** A run's archive while it is written, under a name of its own: the file, and the dump that writes it. */
export class ArchiveWriter {
  readonly path: string;
  readonly #prepare: (output: number) => Dump;
  #output: number | null = null;
  /** Waits for the dump's end, however it ends. */
  ended: Promise<void> = Promise.resolve();
  /** What the dump failed with. */
  failure: unknown = null;

  constructor(settings: Settings, database: DatabaseSettings, options: Omit<DumpOptions, "output">) {
    const compressed = compressionIn(settings);
    const { backups } = settings.paths;
    this.path = partialPath(backups, database.name, options.runId, archiveEndings[compressed.compression]);
    const lockWaitSeconds = settings.timeouts.lockWait;
    this.#prepare = (output) => prepareDump(database, { ...options, ...compressed, output, lockWaitSeconds });
  }

  /** Makes a dump ready, in place of one that has ended. */
  prepare(): Dump {
    this.close();
    rmSync(this.path, { force: true });
    this.failure = null;
    this.#output = create(this.path);
    const dump = this.#prepare(this.#output);
    this.ended = dump.done.catch((error: unknown) => {
      this.failure = error;
    });
    return dump;
  }

  get size(): number {
    return this.#output === null ? 0 : fstatSync(this.#output).size;
  }

  /** Makes the archive last. */
  keep(): void {
    if (this.#output !== null) fsyncSync(this.#output);
  }

  close(): void {
    if (this.#output !== null) closeSync(this.#output);
    this.#output = null;
  }
}

/** A new file that nobody else may read. */
export const create = (path: string): number =>
  openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
