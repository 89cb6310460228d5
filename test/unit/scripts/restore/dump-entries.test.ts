import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { entriesAt, entryText } from "../../../../scripts/lib/restore/dump-entries.ts";

let directory: string;
let archive: string;
const { signal } = new AbortController();

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "restore-dump-"));
  archive = join(directory, "dump.sql.gz");
});

afterAll(() => rmSync(directory, { recursive: true }));

test("psql's line number leads to the object, with any text before the dump", async () => {
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
