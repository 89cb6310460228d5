/**
 * Whether rows may belong to other hash partitions after a restore, so that a dump can be loaded only with
 * --load-via-partition-root. pg_dump itself knows it of enums alone.
 * A hash of a partition key may be taken from what is another one after a restore: oids (of an enum's labels within
 * arrays, composite types and ranges; of tables and types), a collation's own order, or what an operator class of
 * somebody's own makes of the value.
 */
export const rowsMayMove = `
SELECT to_json(EXISTS (
  SELECT FROM pg_partitioned_table, unnest(partclass::oid[], partcollation::oid[]) AS key(class, collated)
  JOIN pg_opclass o ON o.oid = class LEFT JOIN pg_collation c ON c.oid = collated
  WHERE partstrat = 'h' AND (o.oid >= 16384 OR NOT collisdeterministic
    OR opcintype IN (SELECT oid FROM pg_type WHERE typtype = 'p' OR typname = 'oid'))));`;
