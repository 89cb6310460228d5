import type { Content } from "../../contract/content.ts";

/** A part of a backup that is not compared with what was restored, and why. */
export interface Uncompared {
  what: string;
  why: string;
}

/** The parts of a database that the manifest lacks and that could otherwise be compared after a restore. */
export function uncomparedParts({ materializedViews, objects }: Content): Uncompared[] {
  const parts: [boolean, Uncompared][] = [
    [
      objects.comments !== undefined && objects.commentTexts === undefined,
      { what: "comments", why: "its manifest, of older programs, also counts those that no dump carries" },
    ],
    [
      materializedViews === undefined && (objects.materializedViews?.count ?? 0) > 0,
      { what: "the content of materialized views", why: "its manifest does not have it" },
    ],
  ];
  const views = (materializedViews ?? []).flatMap(({ schema, name, uncompared }) =>
    uncompared === undefined
      ? []
      : [{ what: `materialized view ${schema}.${name}`, why: reasonOf(uncompared) }],
  );
  return [...parts.flatMap(([applies, part]) => (applies ? [part] : [])), ...views];
}

/** Follows a result: the parts that were not compared. */
export const uncomparedText = (parts: readonly Uncompared[]): string =>
  parts.length === 0 ? "" : `; not compared: ${parts.map(({ what }) => what).join(", ")}`;

const reasonOf = ({ why, otherServer }: { why: string; otherServer: boolean }): string =>
  otherServer ? `${why}, and could not be tried without the other server` : why;
