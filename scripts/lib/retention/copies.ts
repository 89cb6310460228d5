import type { CopiesState } from "../../contract/copies.ts";
import type { StoreSettings } from "../../contract/settings.ts";
import type { Backup } from "../store/backups.ts";
import type { GoodBackup } from "../store/copies-state.ts";
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

/** What this server remembers of the copies of one database. */
const rememberedOf = ({ copies }: CopiesState, database: string): CopyFacts[] =>
  Object.entries(copies)
    .filter(([, copy]) => copy.database === database)
    .map(([stem, { bytes, takenAt }]) => ({
      ...{ stem, bytes, takenAt: new Date(takenAt), class: "regular", shrunk: false, isWhole: true },
    }));

const keptOf = (copies: readonly CopyFacts[], place: Pick<StoreSettings, "retention">, now: Date) =>
  decideCopies(copies, place, now).flatMap(({ backup, keep }) => (keep ? [backup.stem] : []));

/** The stems of the copies that this server counts and the store's retention keeps. */
export function wantedCopies(
  state: CopiesState,
  place: Pick<StoreSettings, "retention">,
  now: Date,
): ReadonlySet<string> {
  const databases = new Set(Object.values(state.copies).map(({ database }) => database));
  return new Set([...databases].flatMap((name) => keptOf(rememberedOf(state, name), place, now)));
}

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
  const good = backups.filter((one): one is GoodBackup => one.verified && one.manifest !== null);
  const isHere = ({ stem }: CopyFacts) => good.some((one) => one.stem === stem);
  const others = rememberedOf(state, database).filter((copy) => !isHere(copy));
  const kept = new Set(keptOf([...good.map(factsOf), ...others], place, now));
  return good
    .filter(({ stem }) => kept.has(stem) && !Object.hasOwn(state.copies, stem))
    .sort((one, other) => one.takenAt.getTime() - other.takenAt.getTime());
}
