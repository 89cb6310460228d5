import fc from "fast-check";
import { expect, test } from "vitest";
import { DumpedSequences } from "../../../../scripts/lib/content/dumped-sequences.ts";

const header = (name: string, type: string) =>
  `--\n-- ${type === "TABLE DATA" ? "Data for " : ""}Name: ${name}; Type: ${type}; Schema: public; Owner: app\n--\n\n`;
const rows = (name: string, text: string, note = "") =>
  `${header(name, "TABLE DATA")}${note}COPY public.${name} (value) FROM stdin;\n${text}\\.\n\n\n`;
const value = (name: string, call: string) =>
  `${header(name, "SEQUENCE SET")}SELECT pg_catalog.setval(${call});\n\n\n`;
const sequence = (name: string, literal: string) => ({
  ...{ schema: "public", name, lastValue: "0", isCalled: false },
  dumpedAs: Buffer.from(literal, "utf8").toString("hex"),
});

const lie = value("a", "'public.a', 666, true");
const dump = [
  "--\n-- PostgreSQL database dump\n--\n\n",
  rows("none", ""),
  rows("liar", `${lie.replaceAll("\n", "\\n")}\n${lie.replaceAll("\\", "")}x\\\\.\n`),
  rows("partition", lie.replaceAll("\\", ""), "-- load via partition root public.whole\n\n"),
  value("a", "'public.a', 9223372036854775807, true"),
  rows("other", "\\N\n\\\\\n"),
  rows("large", "a row\\\\\n".repeat(2_000)),
  value("größe 'n'\nx", `'public."größe ''n''\nx"', -3, false`),
  "--\n-- PostgreSQL database dump complete\n--\n\n",
].join("");
// The sizes of the arriving pieces: smaller and larger than the window of the search.
const small = fc.integer({ min: 1, max: 400 });
const large = fc.integer({ min: 2_000, max: 9_000 });
const wanted = [sequence("a", "'public.a'"), sequence("größe 'n'\nx", `'public."größe ''n''\nx"'`)];

test("the values that a dump sets are found, however it arrives, and no row is taken for one", () => {
  const bytes = Buffer.from(dump, "utf8");
  fc.assert(
    fc.property(fc.array(fc.oneof(small, large), { minLength: 1 }), (sizes) => {
      const dumped = new DumpedSequences();
      for (let at = 0, step = 0; at < bytes.length; step += 1) {
        const size = sizes[step % sizes.length] ?? 1;
        dumped.take(bytes.toString("latin1", at, at + size));
        at += size;
      }
      expect(dumped.valuesOf(wanted)).toEqual([
        { schema: "public", name: "a", lastValue: "9223372036854775807", isCalled: true },
        { schema: "public", name: "größe 'n'\nx", lastValue: "-3", isCalled: false },
      ]);
    }),
  );
});

test("a sequence without a value is named", () => {
  const dumped = new DumpedSequences();
  dumped.take(dump);
  expect(() => dumped.valuesOf([sequence("b", "'public.b'")])).toThrow("no value of sequence public.b");
});

test.each([
  [
    "CREATE FUNCTION public.gone() RETURNS \n    LANGUAGE sql\n    AS $_$SELECT $1::text$_$;\n",
    "public.gone",
  ],
  ["CREATE FUNCTION public.there() RETURNS text\n    LANGUAGE sql\n    AS $$SELECT ''$$;\n", null],
])("of %j, the function that was dropped before pg_dump asked for it is %s", (definition, name) => {
  const dumped = new DumpedSequences();
  const lie = "-- Name: f(); Type: FUNCTION; Schema: public; Owner: app\n--\n\n";
  const lost = "CREATE FUNCTION public.row() RETURNS \n    LANGUAGE sql\n";
  dumped.take(`${rows("liar", `${lie}${lost}`)}${header("f()", "FUNCTION")}${definition}`);
  dumped.end();
  expect(dumped.lostFunction).toBe(name);
});
