import * as z from "zod/mini";
import type { SequenceValue } from "../../contract/content.ts";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { briefly } from "./briefly.ts";
import { chunks, dumpedRelations, qualified } from "./tables.ts";

const Sequence = z.object({
  schema: z.string(),
  name: z.string(),
  /** Hexadecimal, in the database's encoding: the literal that pg_dump gives to setval. */
  dumpedAs: z.string(),
});

/** A sequence, and its name in a dump. */
export type NamedSequence = z.infer<typeof Sequence>;

const sequencesQuery = `
SELECT ${jsonList(`json_build_object(
  'schema', n.nspname,
  'name', c.relname,
  'dumpedAs', (SELECT encode(convert_to('''' || CASE current_setting('standard_conforming_strings')
      WHEN 'on' THEN doubled ELSE replace(doubled, chr(92), chr(92) || chr(92)) END || '''', getdatabaseencoding()), 'hex')
    FROM replace(quote_ident(n.nspname) || '.' || quote_ident(c.relname), '''', '''''') AS doubled))
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`)}${dumpedRelations("S")};`;

const Values = z.array(z.object({ lastValue: z.string(), isCalled: z.boolean() }));

export const listSequences = (session: PsqlSession): Promise<NamedSequence[]> =>
  session.queryJson(z.array(Sequence), briefly(sequencesQuery));

/** The sequences with their present values. These belong to no snapshot: other sessions go on counting. */
export async function readSequences(session: PsqlSession): Promise<SequenceValue[]> {
  const read: SequenceValue[] = [];
  for (const some of chunks(await listSequences(session))) {
    const selects = some.map(
      (sequence, position) => `SELECT ${position}, last_value::text, is_called FROM ${qualified(sequence)}`,
    );
    const sql = `SELECT json_agg(json_build_object('lastValue', value, 'isCalled', called) ORDER BY position)
FROM (${selects.join("\nUNION ALL ")}) AS t(position, value, called);`;
    const values = await session.queryJson(Values, briefly(sql));
    read.push(
      ...some.map(({ schema, name }, position) => ({
        schema,
        name,
        ...(values[position] ?? { lastValue: "0", isCalled: false }),
      })),
    );
  }
  return read;
}
