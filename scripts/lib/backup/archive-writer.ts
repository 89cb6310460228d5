import { compressionIn, type Settings } from "../../contract/settings.ts";
import { writings } from "../archive/format.ts";
import { type Dump, type DumpOutput, prepareDump } from "../archive/write.ts";
import type { Server } from "../postgres/server.ts";
import type { PartialFile } from "../store/partial-files.ts";

/** The dump that writes a run's archive. */
export class ArchiveWriter {
  readonly #file: PartialFile;
  readonly #prepare: (output: number) => Dump;
  /** Waits for the dump's end, however it ends. */
  ended: Promise<void> = Promise.resolve();
  /** The error of the dump. */
  failure: unknown = null;

  constructor(settings: Settings, server: Server, file: PartialFile, lock: DumpOutput["lock"]) {
    const { compression, level } = compressionIn(settings);
    const writing = writings[compression](level);
    const lockWaitSeconds = settings.timeouts.lockWait;
    this.#file = file;
    this.#prepare = (output) => prepareDump(server, { writing, output, lock, lockWaitSeconds });
  }

  /** Prepares a dump, in place of one that has ended. */
  prepare(): Dump {
    this.failure = null;
    const dump = this.#prepare(this.#file.create());
    this.ended = dump.done.catch((error: unknown) => {
      this.failure = error;
    });
    return dump;
  }
}
