import { describe, expect, test } from "vitest";
import type { Content } from "../../../../scripts/contract/content.ts";
import { contentDifferences, contentNotes } from "../../../../scripts/lib/content/differences.ts";
import { content, objects } from "./example-content.ts";

describe("materialized views", () => {
  const view = { schema: "public", name: "totals", populated: true, rows: 5, hash: "7" };
  const why = { why: "it reads the foreign table far", otherServer: true };
  const held = (...materializedViews: NonNullable<Content["materializedViews"]>): Content => ({
    ...content,
    materializedViews,
  });

  test.each<[string, Content, Content, string[]]>([
    ["equal", held(view), held(view), []],
    [
      "fewer rows",
      held(view),
      held({ ...view, rows: 4 }),
      ["materialized view public.totals is to have 5 rows, it has 4"],
    ],
    [
      "other rows",
      held(view),
      held({ ...view, hash: "8" }),
      ["materialized view public.totals: same number of rows (5), other content"],
    ],
    [
      "not filled",
      held(view),
      held({ ...view, populated: false, rows: null, hash: null }),
      ["materialized view public.totals was filled, it is empty"],
    ],
    [
      "filled, and was not",
      held({ ...view, populated: false, rows: null, hash: null }),
      held(view),
      ["materialized view public.totals was empty, it is filled"],
    ],
    ["rows only", held({ ...view, hash: null }), held(view), []],
    [
      "of another server",
      held({ ...view, rows: null, hash: null, uncompared: why }),
      held({ ...view, populated: false }),
      [],
    ],
    ["of an older manifest", content, held(view), []],
    ["hashed in another way", { ...held(view), hashing: 0 }, held({ ...view, hash: "8" }), []],
  ])("%s", (_, expected, found, wrong) => {
    expect(contentDifferences(expected, found)).toEqual(wrong);
  });

  test("what is not compared is said", () => {
    const expected = held({ ...view, rows: null, hash: null, uncompared: why });
    expect(contentNotes(expected, held(view))).toEqual([
      "not compared: materialized view public.totals: it reads the foreign table far, and could not be tried without the other server",
    ]);
    const older = { ...content, ...objects({ materializedViews: { count: 2, hash: "1" } }) };
    expect(contentNotes(older, held(view))).toEqual([
      expect.stringContaining(
        "not compared: the content of materialized views: its manifest does not have it",
      ),
    ]);
  });
});
