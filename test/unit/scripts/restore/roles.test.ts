import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { neededRoles } from "../../../../scripts/lib/restore/roles.ts";

let directory: string;
let archive: string;
const { signal } = new AbortController();

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "restore-dump-"));
  archive = join(directory, "dump.sql.gz");
});

afterAll(() => rmSync(directory, { recursive: true }));

describe("the roles that a dump needs", () => {
  const roles = [
    ...["app", "readers", '"all"', "elsewhere", "leads"].map((name) => `CREATE ROLE ${name};`),
    "ALTER ROLE app WITH LOGIN;",
    "ALTER ROLE readers WITH NOLOGIN;",
    'GRANT "all" TO readers WITH INHERIT TRUE GRANTED BY postgres;',
    "GRANT readers TO app GRANTED BY postgres;",
    "GRANT nowhere TO app GRANTED BY postgres;",
    "GRANT present TO app GRANTED BY postgres;",
    "GRANT elsewhere TO leads GRANTED BY postgres;",
    "GRANT SET ON PARAMETER log_statement TO app;",
  ];

  const needed = async (...dump: string[]) => {
    const rolesPath = join(directory, "roles.sql");
    writeFileSync(rolesPath, roles.join("\n"));
    writeFileSync(archive, gzipSync(`${dump.join("\n")}\n`));
    const source = { path: archive, rolesPath };
    return neededRoles(source, { roles: ["postgres", "present"] }, null, signal);
  };

  test("bring along those that they are members of, and no membership in one that there is not", async () => {
    const found = await needed("ALTER TABLE public.a OWNER TO app;");
    expect(found.map(({ written }) => written)).toEqual(["app", "readers", '"all"']);
    expect(found.flatMap(({ statements }) => statements)).toEqual([
      "CREATE ROLE app;",
      "ALTER ROLE app WITH LOGIN;",
      "GRANT readers TO app;",
      "GRANT present TO app;",
      "GRANT SET ON PARAMETER log_statement TO app;",
      "CREATE ROLE readers;",
      "ALTER ROLE readers WITH NOLOGIN;",
      'GRANT "all" TO readers WITH INHERIT TRUE;',
      'CREATE ROLE "all";',
    ]);
  });

  test.each([
    "CREATE USER MAPPING FOR leads SERVER other OPTIONS (",
    "ALTER DEFAULT PRIVILEGES FOR ROLE leads IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;",
    "CREATE POLICY own ON public.a FOR SELECT TO present, leads USING (true);",
  ])("%s", async (line) => {
    expect((await needed(line)).map(({ written }) => written)).toEqual(["leads", "elsewhere"]);
  });

  test("none when the dump names none", async () => {
    expect(await needed("COMMENT ON TABLE public.a IS 'for leads';")).toEqual([]);
  });

  test.each<[dump: string, roles: string]>([
    ["LATIN1", "UTF8"],
    ["LATIN1", "LATIN1"],
    ["UTF8", "LATIN1"],
    ["UTF8", "UTF8"],
    ["SQL_ASCII", "UTF8"],
  ])("with umlauts, of a dump in %s and a roles file in %s", async (dump, file) => {
    const encoded = (encoding: string, line: string) =>
      Buffer.from(
        [`SET client_encoding = '${encoding}';`, line, ""].join("\n"),
        encoding === "LATIN1" ? "latin1" : "utf8",
      );
    const rolesPath = join(directory, "roles.sql");
    writeFileSync(rolesPath, encoded(file, 'CREATE ROLE "Müller";'));
    writeFileSync(archive, gzipSync(encoded(dump, 'ALTER TABLE public."Größe" OWNER TO "Müller";')));
    const found = await neededRoles({ path: archive, rolesPath }, { roles: ["postgres"] }, null, signal);
    expect(found.map(({ written }) => written)).toEqual(['"Müller"']);
  });
});
