import { describe, expect, test } from "vitest";
import { type LoadError, loadErrors } from "../../../../scripts/lib/archive/load-errors.ts";

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
