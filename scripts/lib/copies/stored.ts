import { archiveNames, backupName, manifestName, parseStem, rolesName } from "../../contract/backup-names.ts";
import { Marker, markerName, stemOfMarker } from "../../contract/copies.ts";
import type { DirectoryEntry } from "../store/entries.ts";
import type { Store } from "../store/store.ts";
import { longestText, textOf } from "./owner.ts";
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
    .flatMap((own) => {
      const { isFile, name } = own;
      const stem = isFile ? stemOfMarker(name) : null;
      const parsed = stem === null ? null : parseStem(stem);
      // A name that no run gives, and a marker that no run writes, must not come before the others.
      if (stem === null || parsed === null || !isMoment(parsed.stamp) || own.bytes > longestText) return [];
      const files = entries.filter(
        (entry) => entry.name.startsWith(`${stem}.`) && entry.name !== markerName(stem),
      );
      const bytes = files.reduce((sum, entry) => sum + entry.bytes, 0);
      return [{ stem, database: parsed.database, began: beganAt(parsed.stamp), bytes }];
    })
    .sort((one, other) => other.began.getTime() - one.began.getTime() || (one.stem < other.stem ? -1 : 1));
}

const isMoment = (stamp: string): boolean => {
  const time = beganAt(stamp);
  return !Number.isNaN(time.getTime()) && backupName("x", time).stamp === stamp;
};

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
    if (marker.backup !== stem) return foreign(`is that of ${marker.backup}`);
    return isOfItsBackup(marker) ? { kind: "genuine", marker } : foreign("names files of other backups");
  } catch {
    return foreign("is no marker");
  }
}

/** A marker speaks for one archive and what lies beside it, whoever has the key: nothing else is fetched or removed. */
function isOfItsBackup({ backup, database, files }: Marker): boolean {
  const names = files.map(({ name }) => name);
  const archives = archiveNames(backup);
  const own = [...archives, manifestName(backup), rolesName(backup)];
  return (
    parseStem(backup)?.database === database &&
    new Set(names).size === names.length &&
    names.every((name) => own.includes(name)) &&
    names.filter((name) => archives.includes(name)).length === 1
  );
}
