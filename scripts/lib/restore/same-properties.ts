import * as z from "zod/mini";
import { DatabaseProperties } from "../../contract/database-properties.ts";
import { differingProperties, propertiesQuery } from "../postgres/properties.ts";
import { RestoreError } from "./errors.ts";

/**
 * Makes sure that the live database is still what is made again after its drop. Its owner, grants, comment, limit and
 * settings can be changed from other databases, where nobody is shut out.
 * @param ask in whichever database of the server.
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
