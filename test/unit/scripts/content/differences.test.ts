import { describe, expect, test } from "vitest";
import type { Content } from "../../../../scripts/contract/content.ts";
import { contentDifferences, contentNotes } from "../../../../scripts/lib/content/differences.ts";
import { content, objects } from "./example-content.ts";

const [courses, events, reference] = content.tables as [
  Content["tables"][0],
  Content["tables"][0],
  Content["tables"][0],
];
const [sequence] = content.sequences as [Content["sequences"][0]];
const [pgcrypto, postgis] = content.extensions as [Content["extensions"][0], Content["extensions"][0]];

describe("what was backed up against what was restored", () => {
  test.each<[string, Partial<Content>, string[]]>([
    ["equal", {}, []],
    [
      "fewer rows",
      { tables: [{ ...courses, rows: 119, hash: "16" }, events, reference] },
      ["public.courses had 120 rows, it has 119"],
    ],
    [
      "many rows",
      { tables: [courses, { ...events, rows: 1_000 }, reference] },
      ["public.events had 3,900,000 rows, it has 1,000"],
    ],
    [
      "other content",
      { tables: [{ ...courses, hash: "18" }, events, reference] },
      ["public.courses: same number of rows (120), other content"],
    ],
    ["rows only", { proof: "rows", tables: [{ ...courses, hash: null }, events, reference] }, []],
    ["a missing table", { tables: [events, reference] }, ["public.courses had 120 rows, it is missing"]],
    [
      "a table too many",
      { tables: [courses, events, reference, { schema: "other", name: "courses", rows: 0, hash: "0" }] },
      ["other.courses was not there"],
    ],
    [
      "a sequence set back",
      { sequences: [{ ...sequence, lastValue: "1" }] },
      ["sequence public.courses_id_seq was at 9223372036854775807, it is at 1"],
    ],
    [
      "a sequence's last value given out again",
      { sequences: [{ ...sequence, isCalled: false }] },
      ["sequence public.courses_id_seq is at 9223372036854775807, which was given out and is not given out"],
    ],
    [
      "a missing sequence",
      { sequences: [] },
      ["sequence public.courses_id_seq was at 9223372036854775807, it is missing"],
    ],
    [
      "a sequence too many",
      { sequences: [sequence, { ...sequence, schema: "other" }] },
      ["sequence other.courses_id_seq was not there"],
    ],
    [
      "a missing large object",
      { largeObjects: { count: 2, bytes: 1, hash: "1" } },
      ["there were 3 large objects, there are 2"],
    ],
    [
      "a changed large object",
      { largeObjects: { ...content.largeObjects, hash: "9" } },
      ["large objects: same number (3), other content"],
    ],
    ["a missing extension", { extensions: [postgis] }, ["extension pgcrypto 1.3 is missing"]],
    [
      "an extension too many",
      { extensions: [pgcrypto, postgis, { name: "citext", version: "1.6" }] },
      ["extension citext was not there"],
    ],
    [
      "an older extension",
      { extensions: [{ name: "pgcrypto", version: "1.2" }, postgis] },
      ["extension pgcrypto was 1.3, it is 1.2"],
    ],
    [
      "a newer extension with other rows of its own",
      {
        extensions: [pgcrypto, { name: "postgis", version: "3.10" }],
        tables: [courses, events, { ...reference, rows: 2, hash: "4" }],
      },
      [],
    ],
    [
      "missing indexes",
      objects({ indexes: { count: 54, hash: "0" } }),
      ["3 indexes are missing: had 57, has 54"],
    ],
    [
      "a missing index",
      objects({ indexes: { count: 56, hash: "0" } }),
      ["1 index is missing: had 57, has 56"],
    ],
    [
      "a missing policy",
      objects({ policies: { count: 0, hash: "0" } }),
      ["1 policy is missing: had 1, has 0"],
    ],
    [
      "more indexes",
      objects({ indexes: { count: 58, hash: "0" } }),
      ["indexes were not there: had 57, has 58"],
    ],
    [
      "other indexes",
      objects({ indexes: { count: 57, hash: "0" } }),
      ["indexes: same number (57), but not the same"],
    ],
    [
      "a constraint that is valid now",
      objects({ notValidConstraints: { count: 0, hash: "0" } }),
      ["1 not valid constraint is missing: had 1, has 0"],
    ],
    ["a kind that only a later version counts", objects({ castles: { count: 1, hash: "1" } }), []],
    [
      "what a major version changes by itself, in the same",
      objects({ publicSchemaGrants: { count: 1, hash: "1" } }),
      ["1 public schema grant is missing: had 2, has 1"],
    ],
    [
      "what a major version changes by itself, in another",
      { serverVersionNumber: 170002, ...objects({ publicSchemaGrants: { count: 1, hash: "1" } }) },
      [],
    ],
    ["other roles", { roles: [] }, []],
  ])("%s", (_, change, wrong) => {
    expect(contentDifferences(content, { ...content, ...change })).toEqual(wrong);
  });

  test("what a new database has and the dropped one had not is no difference", () => {
    const dropped: Content = {
      ...content,
      ...objects({ publicSchema: { count: 0, hash: "0" }, publicSchemaGrants: { count: 0, hash: "0" } }),
    };
    const found: Content = {
      ...content,
      extensions: [...content.extensions, { name: "plpgsql", version: "1.0" }],
    };
    expect(contentDifferences(dropped, found)).toEqual([]);
    expect(contentDifferences(found, content)).toEqual(["extension plpgsql 1.0 is missing"]);
  });

  test.each([
    [130_020, []],
    [
      150_018,
      [
        "public schema: same number (1), but not the same",
        "public schema grants were not there: had 2, has 3",
      ],
    ],
  ])("public of another owner, in version number %i", (serverVersionNumber, wrong) => {
    const owned = objects({
      publicSchema: { count: 1, hash: "6" },
      publicSchemaGrants: { count: 3, hash: "7" },
    });
    const was = { ...content, serverVersionNumber };
    expect(contentDifferences(was, { ...was, ...owned })).toEqual(wrong);
    const granted = objects({ publicSchemaGrants: { count: 2, hash: "7" } });
    expect(contentDifferences(was, { ...was, ...granted })).toEqual([
      "public schema grants: same number (2), but not the same",
    ]);
  });

  test("newer extensions and other roles are reported, not refused", () => {
    const [app, reporting] = content.roles as [Content["roles"][0], Content["roles"][0]];
    const found: Content = {
      ...content,
      extensions: [{ name: "pgcrypto", version: "1.10" }, postgis],
      roles: [
        { ...app, attributes: ["LOGIN", "SUPERUSER"] },
        { ...app, name: "new" },
      ],
    };
    expect(contentNotes(content, found)).toEqual([
      "extension pgcrypto was 1.3, it is 1.10: this server brings a newer one",
      "role app has other attributes or memberships",
      `role ${reporting.name} is missing`,
    ]);
    expect(contentNotes(content, content)).toEqual([]);
  });
});

test("hashes that were computed in another way are not compared, the numbers are, and that is said", () => {
  const older: Content = {
    ...content,
    hashing: 0,
    tables: content.tables.map((table) => ({ ...table, hash: `${table.hash}9` })),
    largeObjects: { ...content.largeObjects, hash: "99" },
    objects: { ...content.objects, indexes: { count: 57, hash: "99" } },
  };
  expect(contentDifferences(older, content)).toEqual([]);
  expect(contentNotes(older, content)).toEqual([expect.stringContaining("only numbers were compared")]);
  const fewer = { ...content, tables: content.tables.map((table) => ({ ...table, rows: table.rows - 1 })) };
  expect(contentDifferences(older, fewer)).toHaveLength(content.tables.length);
});

test("comments of an older manifest, which also counts those that no dump carries, are not compared, and that is said", () => {
  const older = { ...content, ...objects({ comments: { count: 9, hash: "9" } }) };
  const found = { ...content, ...objects({ commentTexts: { count: 8, hash: "8" } }) };
  expect(contentDifferences(older, found)).toEqual([]);
  expect(contentNotes(older, found)).toEqual([expect.stringContaining("not compared: comments: ")]);
  const fewer = { ...content, ...objects({ commentTexts: { count: 7, hash: "7" } }) };
  expect(contentDifferences(found, fewer)).toEqual(["1 comment text is missing: had 8, has 7"]);
  expect(contentNotes(found, fewer)).toEqual([]);
});
