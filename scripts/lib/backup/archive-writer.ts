import { compressionIn, type DatabaseSettings, type Settings } from "../../contract/settings.ts";
import { writings } from "../archive/format.ts";
import { type Dump, type DumpOptions, prepareDump } from "../archive/write.ts";
import type { PartialFile } from "../store/partial-files.ts";

/** The dump that writes a run's archive. */
export class ArchiveWriter {
  readonly #file: PartialFile;
  readonly #prepare: (output: number) => Dump;
  /** Waits for the dump's end, however it ends. */
  ended: Promise<void> = Promise.resolve();
  /** What the dump failed with. */
  failure: unknown = null;

  constructor(
    settings: Settings,
    database: DatabaseSettings,
    file: PartialFile,
    options: Omit<DumpOptions, "output">,
  ) {
    const { compression, level } = compressionIn(settings);
    const writing = writings[compression](level);
    const lockWaitSeconds = settings.timeouts.lockWait;
    this.#file = file;
    this.#prepare = (output) => prepareDump(database, { ...options, writing, output, lockWaitSeconds });
  }

  /** Makes a dump ready, in place of one that has ended. */
  prepare(): Dump {
    this.failure = null;
    const dump = this.#prepare(this.#file.create());
    this.ended = dump.done.catch((error: unknown) => {
      this.failure = error;
    });
    return dump;
  }
}
