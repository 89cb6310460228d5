import * as z from "zod/mini";
import { RoleFacts } from "../../contract/content.ts";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { briefly } from "./briefly.ts";

const rolesQuery = `
SELECT ${jsonList(`json_build_object(
  'name', r.rolname,
  'attributes', (SELECT ${jsonList("name ORDER BY name")} FROM (VALUES
    ('SUPERUSER', r.rolsuper), ('INHERIT', r.rolinherit), ('CREATEROLE', r.rolcreaterole), ('CREATEDB', r.rolcreatedb),
    ('LOGIN', r.rolcanlogin), ('REPLICATION', r.rolreplication), ('BYPASSRLS', r.rolbypassrls)) AS v(name, has) WHERE has),
  'connectionLimit', r.rolconnlimit,
  'validUntil', r.rolvaliduntil::text,
  'memberOf', (SELECT ${jsonList('name ORDER BY name COLLATE "C"')} FROM (
    SELECT DISTINCT pg_get_userbyid(m.roleid)::text AS name FROM pg_auth_members m WHERE m.member = r.oid) AS g))
  ORDER BY r.rolname COLLATE "C"`)}
FROM pg_roles r WHERE r.rolname !~ '^pg_';`;

export const readRoleFacts = (session: PsqlSession): Promise<RoleFacts[]> =>
  session.queryJson(z.array(RoleFacts), briefly(rolesQuery));
