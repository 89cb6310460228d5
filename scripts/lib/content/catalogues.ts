/** What belongs to an extension comes with it, and another version of it may bring something else. */
export const own = (catalogue: string, oid: string): string => undepending(`'${catalogue}'::regclass`, oid);

/** `type` is pg_depend's: what belongs to an extension, or what is made along with something else. */
export const undepending = (classId: string, oid: string, type: "e" | "i" = "e"): string =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = ${classId} AND e.objid = ${oid} AND e.deptype = '${type}')`;

/** The schemas but public, of which every new database has one. */
export const ownSchemas = `schemas n WHERE nspname <> 'public' AND ${own("pg_namespace", "n.oid")}`;
