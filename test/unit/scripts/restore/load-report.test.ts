import { describe, expect, test } from "vitest";
import type { LoadError } from "../../../../scripts/lib/archive/load-errors.ts";
import type { DumpEntry } from "../../../../scripts/lib/restore/dump-entries.ts";
import { problemText } from "../../../../scripts/lib/restore/load-report.ts";

describe("the report of an error for a person", () => {
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
