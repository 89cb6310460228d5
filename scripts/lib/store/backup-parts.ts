import {
  acceptanceName,
  archiveNames,
  manifestName,
  parseStem,
  rehearsalRecordName,
  rolesName,
} from "../../contract/backup-names.ts";
import type { DirectoryEntry } from "./entries.ts";
import { pinnedStem } from "./pins.ts";

export type PartKind = "archive" | "roles" | "rehearsal" | "acceptance" | "manifest" | "pin";

/** A file that belongs to a backup by its name. */
export interface Part extends DirectoryEntry {
  kind: PartKind;
}

/** In the order of removal: the manifest last, so that an interrupted removal leaves files known to be ours. */
const endings: readonly [PartKind, string][] = [
  ...archiveNames("").map((ending): [PartKind, string] => ["archive", ending]),
  ["roles", rolesName("")],
  ["rehearsal", rehearsalRecordName("")],
  ["acceptance", acceptanceName("")],
  ["manifest", manifestName("")],
];
const position = (kind: PartKind): number => endings.findIndex(([other]) => other === kind);

/** The parts of every backup of a database by stem, in the order of removal. */
export function partsByStem(entries: readonly DirectoryEntry[], database: string): Map<string, Part[]> {
  const groups = new Map<string, Part[]>();
  for (const entry of entries) {
    const found = partOf(entry.name);
    if (found === null || parseStem(found.stem)?.database !== database) continue;
    groups.set(found.stem, [...(groups.get(found.stem) ?? []), { ...entry, kind: found.kind }]);
  }
  for (const parts of groups.values()) parts.sort((a, b) => position(a.kind) - position(b.kind));
  return groups;
}

/** Which part of which backup a file is by its name; null for any other file. */
export function partOf(fileName: string): { stem: string; kind: PartKind } | null {
  const pinned = pinnedStem(fileName);
  if (pinned !== null) return { stem: pinned, kind: "pin" };
  for (const [kind, ending] of endings) {
    const stem = fileName.slice(0, -ending.length);
    if (fileName.endsWith(ending) && parseStem(stem) !== null) return { stem, kind };
  }
  return null;
}
