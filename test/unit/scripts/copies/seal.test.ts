import { expect, test } from "vitest";
import { Marker } from "../../../../scripts/contract/copies.ts";
import { sealed, unsealed } from "../../../../scripts/lib/copies/seal.ts";

const key = Buffer.alloc(32, "key");

test("a seal covers what this version does not know, and is bound to its purpose", () => {
  const content = {
    ...{
      version: 1,
      stack: "s",
      server: "w",
      database: "shop",
      backup: "shop_20261122_020000",
      class: "regular",
    },
    ...{ takenAt: "2026-11-22T02:00:00.000Z", copiedAt: "2026-11-22T03:00:00.000Z", programsVersion: "1" },
    ...{ level: "full", shrunk: false, files: [], later: { size: 1 } },
  };
  const text = sealed("marker", content, key);
  expect(unsealed("marker", Marker, text, key)).toMatchObject({ database: "shop" });
  expect(unsealed("owner", Marker, text, key)).toBeNull();
  expect(unsealed("marker", Marker, text.replace('"size": 1', '"size": 2'), key)).toBeNull();
  expect(unsealed("marker", Marker, text, Buffer.alloc(32))).toBeNull();
  expect(() => unsealed("marker", Marker, "{}", key)).toThrow();
});
