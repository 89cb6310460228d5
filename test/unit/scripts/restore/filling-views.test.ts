import { describe, expect, test } from "vitest";
import type { Content } from "../../../../scripts/contract/content.ts";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import { mayNeedAnotherServer } from "../../../../scripts/lib/restore/filling-views.ts";

describe("whether a dump may need another server", () => {
  const view = { schema: "public", name: "cache", populated: true, rows: null, hash: null };
  const uncompared = (otherServer: boolean) => ({ ...view, uncompared: { why: "so", otherServer } });
  const kinds = (foreignTables: number, materializedViews: number) => ({
    objects: {
      foreignTables: { count: foreignTables, hash: "0" },
      materializedViews: { count: materializedViews, hash: "0" },
    },
  });

  test.each<[string, Partial<Content> | null, boolean]>([
    ["no manifest", null, true],
    ["a view of another server", { materializedViews: [view, uncompared(true)] }, true],
    [
      "views that are not compared for another reason",
      { ...kinds(1, 1), materializedViews: [uncompared(false)] },
      false,
    ],
    ["an older manifest with views and foreign tables", kinds(1, 2), true],
    ["with views alone", kinds(0, 2), false],
    ["with views and dblink", { ...kinds(0, 2), extensions: [{ name: "dblink", version: "1.2" }] }, true],
    ["with foreign tables alone", kinds(2, 0), false],
  ])("%s", (_, content, expected) => {
    const held = { extensions: [], objects: {}, ...content } as unknown as Content;
    const manifest = content === null ? null : ({ content: held } as unknown as Manifest);
    expect(mayNeedAnotherServer({ manifest })).toBe(expected);
  });
});
