import { parseStem } from "../../contract/backup-names.ts";
import { Marker, markerName, stemOfMarker } from "../../contract/copies.ts";
import type { DirectoryEntry } from "../store/entries.ts";
import type { Store } from "../store/store.ts";
import { textOf } from "./owner.ts";
import { unsealed } from "./seal.ts";

/** A set of files at a store that has a marker. */
export interface StoredCopy {
  stem: string;
  database: string;
  /** The moment in its name: when the backup began, UTC. */
  began: Date;
  /** Bytes of all its files together. */
  bytes: number;
}

/** The copies at a store, newest first. Their markers are not read yet. */
export function storedCopies(entries: readonly DirectoryEntry[]): StoredCopy[] {
  return entries
    .flatMap(({ isFile, name }) => {
      const stem = isFile ? stemOfMarker(name) : null;
      const parsed = stem === null ? null : parseStem(stem);
      if (stem === null || parsed === null) return [];
      const own = entries.filter(
        (entry) => entry.name.startsWith(`${stem}.`) && entry.name !== markerName(stem),
      );
      const bytes = own.reduce((sum, entry) => sum + entry.bytes, 0);
      return [{ stem, database: parsed.database, began: beganAt(parsed.stamp), bytes }];
    })
    .sort((one, other) => other.began.getTime() - one.began.getTime() || (one.stem < other.stem ? -1 : 1));
}

/** The moment of a `YYYYMMDD_HHMMSS` in UTC. */
const beganAt = (stamp: string): Date =>
  new Date(stamp.replace(/^(....)(..)(..)_(..)(..)(..)$/, "$1-$2-$3T$4:$5:$6Z"));

/** `genuine`: written with this stack's key, for these files. `foreign`: by somebody who has no key, or changed. */
export type ReadMarker = { kind: "genuine"; marker: Marker } | { kind: "foreign"; reason: string };

/** @throws StoreError */
export async function readMarker(
  store: Store,
  stem: string,
  key: Buffer,
  signal: AbortSignal,
): Promise<ReadMarker> {
  const text = await textOf(store, markerName(stem), signal);
  const foreign = (reason: string): ReadMarker => ({
    kind: "foreign",
    reason: `${markerName(stem)} ${reason}`,
  });
  try {
    const marker = unsealed("marker", Marker, text, key);
    if (marker === null) return foreign("was written with another key, or changed");
    return marker.backup === stem ? { kind: "genuine", marker } : foreign(`is that of ${marker.backup}`);
  } catch {
    return foreign("is no marker");
  }
}
