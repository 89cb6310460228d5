import * as z from "zod/mini";
import type { Server } from "../postgres/server.ts";
import { literal } from "../postgres/sql.ts";

/**
 * Catalogues whose objects a dump looks up by oid although no lock keeps them all, each with the type that gives the
 * present name.
 */
const named: Readonly<Record<string, string>> = {
  pg_class: "regclass",
  pg_proc: "regprocedure",
  pg_type: "regtype",
};

/** A dropped object has no name but its number. A name that is a number would be quoted. */
const isGone = Object.entries(named).map(
  ([catalogue, type]) =>
    `EXISTS (SELECT FROM ${catalogue} WHERE oid >= 16384 AND oid::${type}::text = oid::text)`,
);

/**
 * Whether an object that an exported snapshot sees was dropped since. The snapshot must still be held.
 * @throws PsqlError, DockerError, InterruptedError
 */
export const somethingVanished = (server: Server, snapshot: string): Promise<boolean> =>
  server.queryJson(
    z.boolean(),
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ${literal(snapshot)};
SELECT to_json(${isGone.join(" OR ")}); ROLLBACK;`,
  );
