import { describe, expect, test } from "vitest";
import type { Content } from "../../../../scripts/contract/content.ts";
import { contentDifferences } from "../../../../scripts/lib/content/differences.ts";
import { content } from "./example-content.ts";

const [courses] = content.tables as [Content["tables"][0]];

describe("hash partitions", () => {
  const leads = { schema: "public", name: "leads" };
  const part = (number: number, rows: number, hash: string | null, whole?: typeof leads) => ({
    ...{ schema: "public", name: `leads_${number}`, rows, hash },
    ...(whole === undefined ? {} : { hashPartitionOf: whole }),
  });
  const holding = (...tables: Content["tables"]): Content => ({ ...content, tables });
  const found = holding(courses, part(0, 6, "9223372036854775807", leads), part(1, 2, "5", leads));

  test.each<[string, Content, string[]]>([
    [
      "other partitions",
      holding(courses, part(0, 1, "7", leads), part(1, 7, "9223372036854775805", leads)),
      [],
    ],
    [
      "a manifest that does not know of them",
      holding(courses, part(0, 1, "7"), part(1, 7, "9223372036854775805")),
      [],
    ],
    ["without hashes", holding(courses, part(0, 1, null), part(1, 7, null)), []],
    ["a row less", holding(courses, part(0, 2, "7"), part(1, 7, "1")), ["public.leads had 9 rows, it has 8"]],
    [
      "another row",
      holding(courses, part(0, 1, "8"), part(1, 7, "9223372036854775805")),
      ["public.leads: same number of rows (8), other content"],
    ],
  ])("%s: rows are compared over the whole table", (_, expected, wrong) => {
    expect(contentDifferences(expected, found)).toEqual(wrong);
  });

  test("a missing one is named if only the manifest knows that it was a partition", () => {
    const expected = holding(part(0, 6, "9"), part(1, 2, "5"), part(2, 3, "1"));
    const without = holding(part(0, 6, "9"), part(1, 2, "5"));
    expect(contentDifferences(expected, without)).toEqual(["public.leads_2 had 3 rows, it is missing"]);
  });
});
