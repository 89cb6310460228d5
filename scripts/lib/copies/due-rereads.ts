import type { CopiesState } from "../../contract/copies.ts";

/** How old the last full reading of the newest copy may be. */
const rereadDays = 7;

/** The newest copy of each database that was not read back for a week. */
export function dueRereads({ copies }: CopiesState, databases: readonly string[], now: Date): string[] {
  return databases.flatMap((database) => {
    const newest = Object.entries(copies)
      .filter(([, copy]) => copy.database === database)
      .sort(([, one], [, other]) => Date.parse(other.takenAt) - Date.parse(one.takenAt))[0];
    if (newest === undefined) return [];
    const [stem, { level, verifiedAt }] = newest;
    return level !== "full" || now.getTime() - Date.parse(verifiedAt) > rereadDays * 86_400_000 ? [stem] : [];
  });
}
