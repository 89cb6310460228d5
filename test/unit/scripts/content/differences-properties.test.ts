import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Content } from "../../../../scripts/contract/content.ts";
import { contentDifferences, contentNotes } from "../../../../scripts/lib/content/differences.ts";

const name = fc.constantFrom("a", "b", "c", 'd "e"');
const sum = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String);
const key = ({ schema, name: own }: { schema: string; name: string }) => `${schema}.${own}`;
const tables = fc.uniqueArray(fc.record({ schema: name, name, rows: fc.nat(), hash: sum }), {
  selector: key,
  maxLength: 6,
});
const sequences = fc.uniqueArray(fc.record({ schema: name, name, lastValue: sum, isCalled: fc.boolean() }), {
  selector: key,
  maxLength: 6,
});
const contents: fc.Arbitrary<Content> = fc.record({
  proof: fc.constant("full"),
  hashing: fc.constant(1),
  serverVersionNumber: fc.constant(150018),
  tables,
  sequences,
  largeObjects: fc.record({ count: fc.nat(), bytes: fc.nat(), hash: sum }),
  extensions: fc.uniqueArray(fc.record({ name, version: fc.constantFrom("1.0", "1.2", "1.10") }), {
    selector: (extension) => extension.name,
  }),
  objects: fc.dictionary(fc.constantFrom("indexes", "views"), fc.record({ count: fc.nat(), hash: sum })),
  roles: fc.constant([]),
});

describe("any two contents", () => {
  test("have no differences exactly when they are equal, however they are ordered", () => {
    const shuffled = (content: Content): Content => ({
      ...content,
      tables: content.tables.toReversed(),
      sequences: content.sequences.toReversed(),
      extensions: content.extensions.toReversed(),
    });
    fc.assert(
      fc.property(contents, (one) => {
        expect(contentDifferences(one, shuffled(one))).toEqual([]);
        expect(contentNotes(one, shuffled(one))).toEqual([]);
      }),
    );
  });

  test("differ in one sentence for each table, which names it", () => {
    fc.assert(
      fc.property(contents, tables, (one, others) => {
        const wrong = contentDifferences(one, { ...one, tables: others });
        const before = new Map(one.tables.map((table) => [key(table), table]));
        const after = new Map(others.map((table) => [key(table), table]));
        const changed = [...new Set([...before.keys(), ...after.keys()])].filter((table) => {
          const [was, is] = [before.get(table), after.get(table)];
          return was === undefined || is === undefined || was.rows !== is.rows || was.hash !== is.hash;
        });
        expect(wrong).toHaveLength(changed.length);
        for (const table of changed) expect(wrong.some((sentence) => sentence.startsWith(table))).toBe(true);
      }),
    );
  });

  test("with another sequence's value, row's value or object's count are never taken as equal", () => {
    fc.assert(
      fc.property(contents, fc.nat(), (one, choice) => {
        const changes: Partial<Content>[] = [
          ...one.tables.map((table, index) => ({
            tables: one.tables.with(index, { ...table, hash: `${BigInt(table.hash ?? 0) + 1n}` }),
          })),
          ...one.sequences.map((value, index) => ({
            sequences: one.sequences.with(index, { ...value, isCalled: !value.isCalled }),
          })),
          ...Object.entries(one.objects).map(([kind, { count, hash }]) => ({
            objects: { ...one.objects, [kind]: { count: count + 1, hash } },
          })),
          ...one.extensions.map((_, index) => ({ extensions: one.extensions.toSpliced(index, 1) })),
          { largeObjects: { ...one.largeObjects, count: one.largeObjects.count + 1 } },
        ];
        const change = changes[choice % changes.length];
        expect(contentDifferences(one, { ...one, ...change })).toHaveLength(1);
        expect(contentDifferences({ ...one, ...change }, one)).toHaveLength(1);
      }),
    );
  });
});
