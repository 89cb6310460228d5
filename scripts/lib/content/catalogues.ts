/** Objects of an extension come with the extension, and another version may have other ones. */
export const own = (catalogue: string, oid: string): string => undepending(`'${catalogue}'::regclass`, oid);

/** `type` is pg_depend's: objects of an extension, or objects made along with another one. */
export const undepending = (classId: string, oid: string, type: "e" | "i" = "e"): string =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = ${classId} AND e.objid = ${oid} AND e.deptype = '${type}')`;

/** All schemas except public, which every new database has. */
export const ownSchemas = `schemas n WHERE nspname <> 'public' AND ${own("pg_namespace", "n.oid")}`;
