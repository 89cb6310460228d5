import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { Store } from "../store/store.ts";
import type { AtStore } from "./at-store.ts";
import { copyDue } from "./copy-due.ts";
import { differs } from "./copy-one.ts";
import { dueRereads } from "./due-rereads.ts";
import { readMarker } from "./stored.ts";

/** Reads the newest copy of each database again, if that was not done for a week. One that is wrong counts no more. */
export async function reread(at: AtStore): Promise<void> {
  const { context, fail, key, outcome, place, save, state, store } = at;
  const { log, output, settings, signal } = context;
  if (place.verify !== "full") return;
  const names = settings.databases.map(({ name }) => name);
  for (const stem of dueRereads(state, names, new Date())) {
    const database = state.copies[stem]?.database ?? null;
    output.print(`reading ${stem} at ${place.name} again …`);
    const wrong = await whatIsWrong(store, stem, key, signal);
    const copy = state.copies[stem];
    if (wrong === null && copy !== undefined) {
      copy.verifiedAt = new Date().toISOString();
      copy.level = "full";
      outcome.reread.push(stem);
      log.event("info", database, `the copy of ${stem} at ${place.name} was read again: it is whole`);
    } else {
      delete state.copies[stem];
      state.damaged.push(stem);
      const text = `the copy of ${stem} at store ${place.name} is damaged: ${wrong}; it is copied again [DBK-COPY-7]`;
      fail(database, new ProgramError(text, ExitCode.failed));
      await copyDue(at);
    }
    save();
  }
}

async function whatIsWrong(
  store: Store,
  stem: string,
  key: Buffer,
  signal: AbortSignal,
): Promise<string | null> {
  const read = await readMarker(store, stem, key, signal);
  if (read.kind === "foreign") return read.reason;
  for (const file of read.marker.files) {
    const wrong = await differs(store, file.name, file, signal);
    if (wrong !== null) return `${file.name}: ${wrong}`;
  }
  return null;
}
