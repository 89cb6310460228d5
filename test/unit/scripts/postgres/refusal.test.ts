import { expect, test } from "vitest";
import { type Catalogues, refusalIn } from "../../../../scripts/lib/postgres/refusal.ts";

const hex = (text: string, encoding: BufferEncoding = "utf8") => Buffer.from(text, encoding).toString("hex");
const database = { name: hex("shop"), encoding: "UTF8", open: true, limit: -1, sessions: 3 };
const role = { name: hex("app"), login: true, superuser: false, limit: -1, sessions: 3 };
const catalogues = (change: Partial<Catalogues> = {}): Catalogues => ({
  ...{ encoding: "UTF8", databases: [database], roles: [role], sessions: 5, maximum: 100, reserved: 3 },
  ...change,
});
const latin = {
  encoding: "LATIN1",
  databases: [database, { ...database, name: hex("größe", "latin1"), encoding: "LATIN1" }],
  roles: [role, { ...role, name: hex("müller", "latin1") }],
};

const asked = { database: "shop", user: "app" };

test.each<[string, Partial<Catalogues>, Partial<typeof asked>, RegExp]>([
  ["no such role", {}, { user: "nobody" }, /^role "nobody" does not exist; set its user/],
  ["a role without login", { roles: [{ ...role, login: false }] }, {}, /^role "app" is not permitted.*LOGIN/],
  ["no such database", {}, { database: "x" }, /^database "x" does not exist; set its name/],
  ["a closed one", { databases: [{ ...database, open: false }] }, {}, /not currently accepting.*ALLOW/],
  [
    "half a DROP",
    { databases: [{ ...database, limit: -2 }] },
    {},
    /is invalid: its DROP DATABASE was interrupted/,
  ],
  [
    "a full one",
    { databases: [{ ...database, limit: 3 }] },
    {},
    /^too many.*the database's CONNECTION LIMIT/,
  ],
  ["a busy role", { roles: [{ ...role, limit: 3 }] }, {}, /^too many.*the role's CONNECTION LIMIT/],
  ["a full server", { sessions: 97 }, {}, /^too many connections; .*raise max_connections/],
  ["a database in LATIN1", latin, { database: "größe" }, /^database "größe" exists, but.*LATIN1.*RENAME TO/],
  ["a role in LATIN1", latin, { user: "müller" }, /^role "müller" exists, but.*LATIN1.*ALTER ROLE "müller"/],
])("%s", (_, change, who, expected) => {
  const refusal = refusalIn(catalogues(change), { ...asked, ...who }, false);
  expect(`${refusal?.text}; ${refusal?.advice}`).toMatch(expected);
});

test("where nothing speaks against it, it is the log-in, if the user is let in nowhere else", () => {
  expect(refusalIn(catalogues(), asked, false)).toBeNull();
  expect(refusalIn(catalogues(), asked, true)?.advice).toContain("pg_hba.conf");
  const all = { sessions: 97, roles: [{ ...role, superuser: true, limit: 0 }] };
  expect(refusalIn(catalogues(all), asked, false)).toBeNull();
});
