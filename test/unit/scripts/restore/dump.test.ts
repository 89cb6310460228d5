import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DumpLines } from "../../../../scripts/lib/archive/dump-lines.ts";
import { DumpParts } from "../../../../scripts/lib/archive/dump-parts.ts";
import { visitStatements } from "../../../../scripts/lib/archive/statements.ts";
import { decodeAs } from "../../../../scripts/lib/postgres/encodings.ts";
import { entriesAt, entryText } from "../../../../scripts/lib/restore/dump-entries.ts";
import { neededRoles } from "../../../../scripts/lib/restore/roles.ts";

let directory: string;
let archive: string;
const { signal } = new AbortController();

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "restore-dump-"));
  archive = join(directory, "dump.sql.gz");
});

afterAll(() => rmSync(directory, { recursive: true }));

describe("the lines of a dump without its rows", () => {
  const dump = [
    "CREATE TABLE public.a ();",
    "COPY public.a (x) FROM stdin;",
    "GRANT ALL ON TABLE a TO nobody;\\.",
    "\\\\.",
    "\\.x",
    "\\.",
    "COPY public.empty (x) FROM stdin;",
    "\\.",
    "",
    "-- COPY of nothing FROM stdin;",
    "GRANT ALL ON TABLE a TO somebody;",
    "",
  ].join("\n");

  test.each([1, 2, 3, 7, 50, 1000])("in pieces of %d characters", (size) => {
    const lines = new DumpLines();
    const pieces = dump.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    expect(pieces.flatMap((piece) => [...lines.take(piece)])).toEqual([
      "CREATE TABLE public.a ();",
      "",
      "-- COPY of nothing FROM stdin;",
      "GRANT ALL ON TABLE a TO somebody;",
    ]);
  });

  test.each([1, 2, 3, 4, 5, 7, 50, 1000])("nothing of it is lost, in pieces of %d characters", (size) => {
    const parts = new DumpParts();
    const pieces = dump.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    const found = pieces.flatMap((piece) => [...parts.take(piece)]);
    const text = found.map((part) => (part.kind === "rows" ? part.text : `${part.text}\n`)).join("");
    expect(text).toBe(dump);
    const kinds = found
      .map(({ kind }) => kind)
      .filter((kind, at, all) => kind !== "rows" || all[at - 1] !== kind);
    expect(kinds).toEqual(["line", "copy", "rows", "end", "copy", "end", "line", "line", "line"]);
  });

  test("a line as psql counts it leads to its object, whatever was put before the dump", async () => {
    const text = [
      ...["--", "", "\\restrict abc", "SET client_encoding = 'LATIN1';", "", "--"],
      ...["-- Name: größe(text); Type: FUNCTION; Schema: public; Owner: app", "--", "SELECT 1;", "--"],
      ...["-- Data for Name: a; Type: TABLE DATA; Schema: Ä; Owner: app", "--"],
      ...["COPY a (x) FROM stdin;", "-- Name: row; Type: INDEX; Schema: public; Owner: app", "2", "\\."],
      ...[
        "--",
        "-- Name: i; Type: INDEX; Schema: public; Owner: app; Tablespace: fast",
        "--",
        "CREATE INDEX i",
        "  ON a;",
        "",
      ],
    ].join("\n");
    writeFileSync(archive, gzipSync(Buffer.from(text, "latin1")));
    const at = async (line: number, way: "compressed" | "confined" | "plain") => {
      const { entry, functions } = await entriesAt(archive, { line, way, functionNames: ["größe"] }, signal);
      return [entry === null ? null : entryText(entry), ...functions];
    };
    expect(await at(5, "compressed")).toEqual([null]);
    expect(await at(16, "compressed")).toEqual(
      ['the rows of "Ä".a', '"größe"(text)'].map((text, index) => (index === 0 ? text : `public.${text}`)),
    );
    expect(await at(21, "compressed")).toEqual(["the index public.i", 'public."größe"(text)']);
    expect(await at(21, "confined")).toEqual(["the index public.i", 'public."größe"(text)']);
    expect(await at(15, "plain")).toEqual(['the rows of "Ä".a', 'public."größe"(text)']);
    expect(await at(17, "plain")).toEqual(["the index public.i", 'public."größe"(text)']);
  });

  test.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])(
    "a row and a statement of 64 MiB, in the small pieces in which they come, of %s",
    async (_, compress) => {
      const large = Buffer.alloc(2 ** 26, "x");
      const before = Buffer.from("COPY public.a (x) FROM stdin;\n");
      const between = Buffer.from("\n\\.\n\nGRANT ALL ON TABLE a TO somebody;\n");
      writeFileSync(archive, compress(Buffer.concat([before, large, between, large, Buffer.from("\n")])));
      const lengths: number[] = [];
      await visitStatements(archive, (line) => lengths.push(line.length) > 0, signal);
      expect(lengths).toEqual([0, 33, 2 ** 26]);
    },
  );
});

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

  test.each([
    ["LATIN9", "a4", "€"],
    ["WIN1252", "80", "€"],
    ["LATIN1", "a4", "¤"],
    ["EUC_JP", "c6fc", "日"],
    ["KOI8R", "f1", "Я"],
    ["SQL_ASCII", "e4", "\udce4"],
    ["UTF8", "c3a4", "ä"],
  ])("%s", (encoding, bytes, text) => {
    expect(decodeAs(Buffer.from(bytes, "hex"), encoding)).toBe(text);
  });
});
