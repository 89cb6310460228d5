import { describe, expect, test } from "vitest";
import { type LoadError, loadErrors } from "../../../../scripts/lib/archive/load-errors.ts";
import type { DumpEntry } from "../../../../scripts/lib/restore/dump-entries.ts";
import { problemText } from "../../../../scripts/lib/restore/load-report.ts";

const found = (stderr: string): Partial<LoadError>[] =>
  loadErrors(stderr).map((error) =>
    Object.fromEntries(Object.entries(error).filter(([, value]) => value !== null && String(value) !== "")),
  );

describe("the errors in psql's words", () => {
  test.each<[string, string, Partial<LoadError>[]]>([
    ["nothing", "", []],
    [
      "a violated constraint, without its row",
      `psql:<stdin>:239: ERROR:  23503: insert or update on table "pets" violates foreign key constraint "pets_owner_id_fkey"
DETAIL:  Key (owner_id)=(7) is not present in table "owners".
SCHEMA NAME:  public
TABLE NAME:  pets
CONSTRAINT NAME:  pets_owner_id_fkey
LOCATION:  ri_ReportViolation, ri_triggers.c:2596
`,
      [
        {
          line: 239,
          sqlState: "23503",
          message: 'insert or update on table "pets" violates foreign key constraint "pets_owner_id_fkey"',
          schema: "public",
          table: "pets",
          constraint: "pets_owner_id_fkey",
        },
      ],
    ],
    [
      "a function within another one, behind a warning, in another language",
      `psql:<stdin>:3: WARNUNG:  01000: nichts
psql:<stdin>:317: FEHLER:  42883: function unaccent(text) does not exist
LINE 1:  SELECT unaccent($1)
CONTEXT:  SQL function "immutable_unaccent" during inlining
PL/pgSQL function public.outer_one(text) line 1 at RETURN
`,
      [
        {
          line: 317,
          sqlState: "42883",
          message: "function unaccent(text) does not exist",
          functions: ["immutable_unaccent", "outer_one"],
        },
      ],
    ],
    [
      "psql's own",
      "psql:<stdin>:5: error: backslash commands are restricted; only \\unrestrict is allowed\n",
      [{ line: 5, message: "backslash commands are restricted; only \\unrestrict is allowed" }],
    ],
    [
      "a connection that is refused",
      'psql: error: connection to server on socket "/x/.s.PGSQL.5432" failed: FATAL:  could not access file "gone"\n',
      [
        {
          message:
            'connection to server on socket "/x/.s.PGSQL.5432" failed: FATAL:  could not access file "gone"',
        },
      ],
    ],
  ])("%s", (_, stderr, expected) => {
    expect(found(stderr)).toEqual(expected);
  });
});

describe("what a person is told of an error", () => {
  const entry = (type: string, name: string, statement = ""): DumpEntry => ({
    type,
    schema: "public",
    name,
    statement,
  });
  const error = (sqlState: string, more: Partial<LoadError> = {}): LoadError => ({
    line: 7,
    sqlState,
    message: "said",
    schema: "public",
    table: "pets",
    constraint: "c",
    column: null,
    functions: [],
    ...more,
  });
  const unique = 'ALTER TABLE ONLY public.pets\n    ADD CONSTRAINT c UNIQUE (a, "b, c");\n';
  const index = "CREATE UNIQUE INDEX i ON public.pets USING btree (a, b);\n";
  const foreign =
    'ALTER TABLE ONLY public.pets\n    ADD CONSTRAINT c FOREIGN KEY (a, "B") REFERENCES public.owners(x, y) ON DELETE CASCADE;\n';
  test.each<[string, LoadError, DumpEntry | null, string]>([
    ["an object that is not named", error("22012"), null, "line 7: said (22012)"],
    [
      "a foreign key of several columns",
      error("23503"),
      entry("FK CONSTRAINT", "pets c", foreign),
      '(SELECT * FROM public.pets AS t WHERE t.a IS NOT NULL AND t."B" IS NOT NULL AND NOT EXISTS (SELECT FROM public.owners AS r WHERE (r.x, r.y) = (t.a, t."B")))',
    ],
    [
      "a unique constraint",
      error("23505"),
      entry("CONSTRAINT", "pets c", unique),
      'SELECT a, "b, c", count(*) FROM public.pets GROUP BY a, "b, c" HAVING count(*) > 1)',
    ],
    ["a unique index", error("23505"), entry("INDEX", "i", index), "SELECT a, b, count(*) FROM public.pets"],
    [
      "a column without values",
      error("23502", { constraint: null, column: "name" }),
      entry("TABLE DATA", "pets"),
      "the rows of public.pets could not be loaded: said (23502); rows of public.pets violate a constraint of theirs: find them in the live database (SELECT * FROM public.pets WHERE name IS NULL)",
    ],
    [
      "an extension that the image lacks",
      error("0A000", { message: 'extension "postgis" is not available' }),
      entry("EXTENSION", "postgis"),
      "install what is missing in the container's image",
    ],
    [
      "a role that there is not",
      error("42704", { message: 'role "x" does not exist' }),
      entry("ACL", "TABLE pets"),
      "create that role (CREATE ROLE)",
    ],
    [
      "another server",
      error("08001"),
      entry("MATERIALIZED VIEW DATA", "cache"),
      "the content of the materialized view public.cache could not be made: said (08001); it needs another server",
    ],
    [
      "a check by a function",
      error("42883", { functions: ["f"] }),
      entry("TABLE DATA", "pets"),
      "ALTER FUNCTION f SET search_path = public, pg_temp",
    ],
  ])("%s", (_, problem, object, expected) => {
    expect(problemText({ error: problem, entry: object, functions: [] })).toContain(expected);
  });
});
