import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WithheldRefreshes } from "../../../../scripts/lib/archive/withheld-refreshes.ts";

const statement = "REFRESH MATERIALIZED VIEW public.cache;";
const heading = (type: string) => `--\n-- Name: cache; Type: ${type}; Schema: public; Owner: app\n--\n\n`;
const rows = (text: string) => `COPY public.t (line) FROM stdin;\n${text}\\.\n\n\n`;

const before = [
  "--\n-- PostgreSQL database dump\n--\n\n",
  `CREATE FUNCTION public.again() RETURNS void LANGUAGE sql AS $$\n${statement}\n$$;\n`,
  `CREATE MATERIALIZED VIEW public.cache AS\n SELECT 1\n  WITH NO DATA;\n\n`,
  rows(""),
  rows(`${statement}\n${heading("MATERIALIZED VIEW DATA")}${statement}\n`),
  rows("größe\n".repeat(300)),
].join("");
const after = `\n\n${heading("INDEX")}CREATE INDEX cache_n ON public.cache (n);\n${statement}`;
const dump = `${before}${heading("MATERIALIZED VIEW DATA")}${statement}\n${after}`;

test("only statements below pg_dump's own heading are withheld, however the dump arrives, and every other byte and line stays", async () => {
  const bytes = Buffer.from(dump, "utf8");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), async (sizes) => {
      const withheld = new WithheldRefreshes();
      let passed = "";
      for (let at = 0, step = 0; at < bytes.length; step += 1) {
        const size = sizes[step % sizes.length] ?? 1;
        passed += withheld.take(bytes.toString("latin1", at, at + size));
        at += size;
      }
      passed += withheld.end();
      expect(withheld.views).toEqual([{ schema: "public", name: "cache" }]);
      expect(Buffer.from(passed, "latin1").toString()).toBe(
        `${before}${heading("MATERIALIZED VIEW DATA")}\n${after}`,
      );
    }),
    { numRuns: 30 },
  );
});

/** The withheld part of a line below a header, and whether the line stays in the load. */
async function below(line: string) {
  const withheld = new WithheldRefreshes();
  const text = `${heading("MATERIALIZED VIEW DATA")}${line}\n`;
  const latin1 = Buffer.from(text).toString("latin1");
  const passed = withheld.take(latin1) + withheld.end();
  return { views: withheld.views, stays: passed === latin1 };
}

describe("a line below such a heading", () => {
  test.each([
    [String.raw`REFRESH MATERIALIZED VIEW x \! touch /tmp/x #;`],
    [String.raw`REFRESH MATERIALIZED VIEW public.x; \! touch /tmp/x #;`],
    [String.raw`REFRESH MATERIALIZED VIEW public."x\! touch /tmp/x #";`],
    [String.raw`REFRESH MATERIALIZED VIEW public."x" \g | touch /tmp/x;`],
    ["REFRESH MATERIALIZED VIEW public.x\r\\! touch /tmp/x;"],
    ["REFRESH MATERIALIZED VIEW public.x; DROP TABLE y;"],
    ['REFRESH MATERIALIZED VIEW public."x"; DROP TABLE "y";'],
    ["REFRESH MATERIALIZED VIEW public.x WITH NO DATA;"],
    ["REFRESH MATERIALIZED VIEW :x.:y;"],
    ["REFRESH MATERIALIZED VIEW x;"],
    ["REFRESH MATERIALIZED VIEW public.x; "],
  ])("that is not that statement alone stays in the confined load: %s", async (line) => {
    expect(await below(line)).toEqual({ views: [], stays: true });
  });

  test.each([
    ['REFRESH MATERIALIZED VIEW public."Of the ""cache""";', "public", 'Of the "cache"'],
    ['REFRESH MATERIALIZED VIEW "a.b"."c;d";', "a.b", "c;d"],
    ["REFRESH MATERIALIZED VIEW _a1.b_2;", "_a1", "b_2"],
    ['REFRESH MATERIALIZED VIEW public."größe";', "public", Buffer.from("größe").toString("latin1")],
  ])("that is that statement is withheld by the view's names: %s", async (line, schema, name) => {
    expect(await below(line)).toEqual({ views: [{ schema, name }], stays: false });
  });
});
