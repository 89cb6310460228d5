import type { Content, MaterializedView } from "../../contract/content.ts";
import { formatNumber, plural } from "../base/format.ts";
import { pairs } from "./pairs.ts";

/** How many materialized views can be told apart from others. */
export const comparedViews = ({ materializedViews = [] }: Pick<Content, "materializedViews">): number =>
  materializedViews.filter(({ populated, rows }) => !populated || rows !== null).length;

/** A missing view is reported with the objects. */
export function viewDifferences(
  expected: readonly MaterializedView[] = [],
  found: readonly MaterializedView[] = [],
): string[] {
  return pairs(expected, found).flatMap(({ name, was, is }) => {
    if (was === undefined || is === undefined || was.uncompared?.otherServer) return [];
    const view = `materialized view ${name}`;
    if (was.populated !== is.populated)
      return [`${view} was ${was.populated ? "filled, it is empty" : "empty, it is filled"}`];
    if (was.rows === null || is.rows === null) return [];
    if (was.rows !== is.rows)
      return [`${view} is to have ${plural(was.rows, "row")}, it has ${formatNumber(is.rows)}`];
    if (was.hash === null || is.hash === null || was.hash === is.hash) return [];
    return [`${view}: same number of rows (${formatNumber(was.rows)}), other content`];
  });
}
