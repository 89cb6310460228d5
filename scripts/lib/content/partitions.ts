import * as z from "zod/mini";
import type { TableContent } from "../../contract/content.ts";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { briefly } from "./briefly.ts";

const Partition = z.object({
  schema: z.string(),
  name: z.string(),
  hashPartitionOf: z.object({ schema: z.string(), name: z.string() }),
});

const partitionsQuery = `
SELECT ${jsonList(`json_build_object('schema', n.nspname, 'name', c.relname, 'hashPartitionOf', whole)`)}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (
  SELECT json_build_object('schema', nspname, 'name', relname) AS whole
  FROM pg_partition_ancestors(c.oid) WITH ORDINALITY AS a(relid, level) JOIN pg_partitioned_table ON partrelid = relid
  JOIN pg_class w ON w.oid = relid JOIN pg_namespace ON pg_namespace.oid = w.relnamespace
  WHERE partstrat = 'h' ORDER BY level DESC LIMIT 1
) AS ancestor
WHERE c.relispartition AND c.relkind = 'r';`;

type Partition = z.infer<typeof Partition>;

export const listHashPartitions = (session: PsqlSession): Promise<Partition[]> =>
  session.queryJson(z.array(Partition), briefly(partitionsQuery));

/** The tables, each with the table of which it is a hash partition. */
export function withHashPartitions(
  tables: readonly TableContent[],
  partitions: readonly Partition[],
): TableContent[] {
  const wholes = new Map(partitions.map((partition) => [keyOf(partition), partition.hashPartitionOf]));
  return tables.map((table) => {
    const hashPartitionOf = wholes.get(keyOf(table));
    return hashPartitionOf === undefined ? table : { ...table, hashPartitionOf };
  });
}

const keyOf = ({ schema, name }: { schema: string; name: string }): string => JSON.stringify([schema, name]);

/**
 * The tables of two contents in comparable form. The hash partition of a row may depend on oids, which change in a
 * restore. So such partitions are added up to the partitioned table. It suffices if one side knows the partitioning:
 * manifests of older programs lack it.
 */
export function comparableTables(
  expected: readonly TableContent[],
  found: readonly TableContent[],
): [TableContent[], TableContent[]] {
  const wholes = new Map(
    [...found, ...expected].flatMap((table): [string, { schema: string; name: string }][] =>
      table.hashPartitionOf === undefined ? [] : [[keyOf(table), table.hashPartitionOf]],
    ),
  );
  const whole = (tables: readonly TableContent[]): TableContent[] => {
    const sums = new Map<string, TableContent>();
    for (const table of tables) {
      const { schema, name } = wholes.get(keyOf(table)) ?? table;
      const key = keyOf({ schema, name });
      const sum = sums.get(key);
      sums.set(key, sum === undefined ? { ...table, schema, name } : added(sum, table));
    }
    return [...sums.values()];
  };
  return [whole(expected), whole(found)];
}

const added = (sum: TableContent, { rows, hash }: TableContent): TableContent => ({
  ...sum,
  rows: sum.rows + rows,
  hash: sum.hash === null || hash === null ? null : String(BigInt(sum.hash) + BigInt(hash)),
});
