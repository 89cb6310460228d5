import { type Marker, markerName } from "../../contract/copies.ts";
import type { Settings, StoreSettings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { decideCopies } from "../retention/copies.ts";
import type { DirectoryEntry } from "../store/entries.ts";
import type { Store } from "../store/store.ts";
import { serversAt } from "./owner.ts";
import { readMarker, storedCopies } from "./stored.ts";

/** A copy at a store, and what is to become of it. */
export interface CopyDecision {
  stem: string;
  database: string;
  decision: "keep" | "remove";
  reason: string;
  bytes: number;
  /** `partial`: a file is missing or has another size; `foreign`: it was not written by this stack for this place. */
  state: "whole" | "partial" | "foreign";
}

export interface PruneOrder {
  store: Store;
  place: StoreSettings;
  key: Buffer;
  /** Whose copies these are. */
  who: Pick<Settings, "server" | "stack">;
  signal: AbortSignal;
}

interface Genuine {
  marker: Marker;
  /** All its files are there, with the sizes that the marker says. */
  isWhole: boolean;
  bytes: number;
}

/**
 * Decides about every copy at a store by the store's retention. Only what this stack wrote is ever removed. A copy that
 * is not whole keeps nothing else from staying: the newest whole one stays, however old.
 * @throws StoreError
 */
export async function planStorePruning(order: PruneOrder, now: Date): Promise<CopyDecision[]> {
  const { key, place, signal, store, who } = order;
  const entries = await store.list(signal);
  const servers = await serversAt(store, entries, who, key, signal);
  const genuine: Genuine[] = [];
  const decisions: CopyDecision[] = [];
  for (const { bytes, database, stem } of storedCopies(entries)) {
    const read = await readMarker(store, stem, key, signal);
    const stranger = read.kind === "foreign" ? read.reason : strangerIn(read.marker, who.stack, servers);
    if (read.kind === "genuine" && stranger === null)
      genuine.push({ marker: read.marker, bytes, isWhole: isWhole(read.marker, entries) });
    else
      decisions.push({
        stem,
        database,
        decision: "keep",
        reason: `not ours: ${stranger}`,
        bytes,
        state: "foreign",
      });
  }
  for (const database of new Set(genuine.map(({ marker }) => marker.database)))
    decisions.push(
      ...decidedOf(
        genuine.filter(({ marker }) => marker.database === database),
        place,
        now,
      ),
    );
  return decisions.sort((one, other) => (one.stem < other.stem ? -1 : 1));
}

function isWhole({ files }: Marker, entries: readonly DirectoryEntry[]): boolean {
  const sizes = new Map(entries.map(({ bytes, name }) => [name, bytes]));
  return files.every(({ bytes, name }) => sizes.get(name) === bytes);
}

const strangerIn = ({ server, stack }: Marker, own: string, servers: ReadonlySet<string>): string | null =>
  stack === own && servers.has(server) ? null : `of ${server} of ${stack}`;

function decidedOf(copies: readonly Genuine[], place: StoreSettings, now: Date): CopyDecision[] {
  const facts = copies.map(({ bytes, isWhole: whole, marker }) => ({
    ...{ stem: marker.backup, takenAt: new Date(marker.takenAt), class: marker.class, bytes },
    ...{ shrunk: marker.shrunk, isWhole: whole },
  }));
  const [first] = copies;
  return decideCopies(facts, place, now).map(({ backup, keep, reason }) => ({
    ...{ stem: backup.stem, database: first?.marker.database ?? "", bytes: backup.bytes },
    decision: keep ? "keep" : "remove",
    state: backup.isWhole ? "whole" : "partial",
    reason: backup.isWhole ? reason : `not whole, a file is missing or has another size; ${reason}`,
  }));
}

/**
 * Removes what was decided, oldest first. The marker of a copy goes last: until then it still says what belongs to it.
 * @param removed is told of each that is gone.
 * @throws StoreError at the first copy that cannot be removed
 */
export async function removeCopies(
  { key, place, signal, store }: PruneOrder,
  decisions: readonly CopyDecision[],
  removed: (decision: CopyDecision) => void,
): Promise<void> {
  for (const decision of decisions.filter((one) => one.decision === "remove")) {
    const read = await readMarker(store, decision.stem, key, signal);
    if (read.kind === "foreign")
      throw new ProgramError(
        `${read.reason}; nothing of it was removed at ${place.name} [DBK-COPY-6]`,
        ExitCode.badFile,
      );
    const names = read.marker.files.map(({ name }) => name);
    await store.remove([...names, markerName(decision.stem)], signal);
    removed(decision);
  }
}
