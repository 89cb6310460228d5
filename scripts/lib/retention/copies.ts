import type { CopiesState } from "../../contract/copies.ts";
import type { StoreSettings } from "../../contract/settings.ts";
import type { Backup } from "../store/backups.ts";
import { type GoodBackup, withoutCopy } from "../store/copies-state.ts";
import { type Decision, decide, type RetentionCandidate, type RetentionRule } from "./rules.ts";

/** A store keeps by the same rules as this server, with numbers of its own; pre-restore backups as long as others. */
export const ruleOfStore = ({ retention }: Pick<StoreSettings, "retention">): RetentionRule => ({
  ...retention,
  keepAtLeast: 1,
  preRestoreDays: retention.days,
});

/** The facts of a copy that decide whether a store keeps it. */
export interface CopyFacts {
  stem: string;
  takenAt: Date;
  class: RetentionCandidate["class"];
  bytes: number;
  /** It was suspiciously small and not accepted. */
  shrunk: boolean;
  /** All of it is there. */
  isWhole: boolean;
}

/** Decides about each copy of one database, newest first. */
export const decideCopies = (
  copies: readonly CopyFacts[],
  place: Pick<StoreSettings, "retention">,
  now: Date,
): Decision<CopyFacts & RetentionCandidate>[] =>
  decide(
    copies.map((copy) => ({ ...copy, manifest: {}, verified: copy.isWhole, pinned: false })),
    ruleOfStore(place),
    now,
  );

/** A store counts from the moment of the snapshot, as a marker says it. */
const factsOf = ({ bytes, class: kind, manifest, shrunk, stem, takenAt }: Backup): CopyFacts => ({
  ...{ stem, class: kind, bytes, shrunk, isWhole: true },
  takenAt: manifest?.snapshotAt ? new Date(manifest.snapshotAt) : takenAt,
});

/**
 * The good backups of one database that a store lacks and would keep, oldest first. One that the store's retention has
 * removed, or would remove at once, is not sent again.
 */
export function dueCopies(
  state: CopiesState,
  database: string,
  backups: readonly Backup[],
  place: Pick<StoreSettings, "retention">,
  now: Date,
): GoodBackup[] {
  const known = new Set(backups.map(({ stem }) => stem));
  const stored = Object.entries(state.copies).flatMap(([stem, copy]): CopyFacts[] =>
    copy.database !== database || known.has(stem)
      ? []
      : [
          {
            stem,
            takenAt: new Date(copy.takenAt),
            class: "regular",
            bytes: copy.bytes,
            shrunk: false,
            isWhole: true,
          },
        ],
  );
  const good = backups.filter(({ manifest, verified }) => verified && manifest !== null);
  const kept = new Set(
    decideCopies([...good.map(factsOf), ...stored], place, now).flatMap(({ backup, keep }) =>
      keep ? [backup.stem] : [],
    ),
  );
  return withoutCopy(state, backups).filter(({ stem }) => kept.has(stem));
}
