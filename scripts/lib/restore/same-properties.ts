import * as z from "zod/mini";
import { DatabaseProperties } from "../../contract/database-properties.ts";
import { differingProperties, propertiesQuery } from "../postgres/properties.ts";
import { RestoreError } from "./errors.ts";

/**
 * Makes sure that the live database's properties have not changed since they were read, because the new database gets
 * those. Owner, grants, comment, limit and settings can be changed from other databases, where clients are not shut
 * out.
 * @param ask queries any database of the server.
 * @throws RestoreError `obstacle`; what `ask` throws
 */
export async function requireSame(
  live: string,
  before: DatabaseProperties,
  ask: (sql: string) => Promise<string>,
): Promise<void> {
  const found = z.parse(DatabaseProperties, JSON.parse(await ask(propertiesQuery(live))));
  const changes = differingProperties(before, found);
  if (changes.length === 0) return;
  throw new RestoreError(
    "obstacle",
    `${live} was changed after its backup began: ${changes.join("; ")}; run it again [DBK-INPLACE-4]`,
  );
}
