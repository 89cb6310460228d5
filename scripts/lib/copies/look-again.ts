import type { Marker } from "../../contract/copies.ts";
import type { Settings } from "../../contract/settings.ts";
import { wantedCopies } from "../retention/copies.ts";
import type { DirectoryEntry } from "../store/entries.ts";
import type { AtStore } from "./at-store.ts";
import { reconciled, unknownMarkers } from "./reconcile.ts";
import { readMarker } from "./stored.ts";

/** What the store has decides over what this server remembers. */
export async function lookAgain(
  { context, key, place, state, store }: AtStore,
  entries: readonly DirectoryEntry[],
  servers: ReadonlySet<string>,
): Promise<void> {
  const { log, settings, signal } = context;
  const markers: Marker[] = [];
  for (const stem of unknownMarkers(state, entries)) {
    const read = await readMarker(store, stem, key, signal);
    const reason = read.kind === "foreign" ? read.reason : notOurs(read.marker, settings, servers);
    if (read.kind === "genuine" && reason === null) markers.push(read.marker);
    else log.event("warning", null, `store ${place.name}: ${reason}; its files do not count [DBK-COPY-6]`);
  }
  const { copies, lost } = reconciled(state, entries, markers);
  const wanted = wantedCopies(state, place, new Date());
  for (const { reason, stem } of lost.filter((one) => wanted.has(one.stem)))
    log.event(
      "error",
      state.copies[stem]?.database ?? null,
      `the copy of ${stem} at store ${place.name} no longer counts: ${reason} [DBK-COPY-7]`,
    );
  state.copies = copies;
  state.listedAt = new Date().toISOString();
}

const notOurs = ({ server, stack }: Marker, own: Settings, servers: ReadonlySet<string>): string | null =>
  stack === own.stack && servers.has(server) ? null : `it holds a copy of ${server} of ${stack}`;
