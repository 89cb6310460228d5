import { type CopiesState, type Marker, markerName } from "../../contract/copies.ts";
import type { DirectoryEntry } from "../store/entries.ts";
import { storedCopies } from "./stored.ts";

/** A copy that this server counted, and that is no longer there. */
export interface LostCopy {
  stem: string;
  reason: string;
}

/** The stems of the markers at a store that the local state does not know, such as after it was lost. */
export const unknownMarkers = (
  { copies, damaged }: CopiesState,
  entries: readonly DirectoryEntry[],
): string[] =>
  storedCopies(entries).flatMap(({ stem }) =>
    // One that was found damaged keeps its marker until it is copied again.
    Object.hasOwn(copies, stem) || damaged.includes(stem) ? [] : [stem],
  );

/**
 * The copies that count after a look at the store: those that were counted and still have their marker and as many
 * bytes, and those of authentic markers whose files all have the size that the marker says.
 */
export function reconciled(
  state: CopiesState,
  entries: readonly DirectoryEntry[],
  markers: readonly Marker[],
): { copies: CopiesState["copies"]; lost: LostCopy[] } {
  const sizes = new Map(
    entries.flatMap(({ bytes, isFile, name }) => (isFile ? [[name, bytes] as const] : [])),
  );
  const stored = new Map(storedCopies(entries).map(({ bytes, stem }) => [stem, bytes]));
  const lost = Object.entries(state.copies).flatMap(([stem, { bytes }]): LostCopy[] => {
    const there = stored.get(stem);
    if (there === bytes) return [];
    return [
      {
        stem,
        reason:
          there === undefined
            ? `its marker ${markerName(stem)} is gone`
            : `its files have ${there} bytes there instead of ${bytes}`,
      },
    ];
  });
  const isLost = (stem: string) => lost.some((one) => one.stem === stem);
  const found = markers
    .filter(({ files }) => files.every(({ bytes, name }) => sizes.get(name) === bytes))
    .map(({ backup, copiedAt, database, files, level, takenAt }): [string, CopiesState["copies"][string]] => [
      backup,
      // Its marker was written after it was verified.
      {
        database,
        takenAt,
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        level,
        verifiedAt: copiedAt,
      },
    ]);
  return {
    copies: Object.fromEntries([...Object.entries(state.copies).filter(([stem]) => !isLost(stem)), ...found]),
    lost,
  };
}
