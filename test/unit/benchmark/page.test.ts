import { expect, test } from "vitest";
import { performancePage } from "../../benchmark/page.ts";
import { Report } from "../../benchmark/report.ts";
import { dumps, reportOf } from "./results.ts";

const words = "who reads the whole of a file knows what is in it and ".repeat(6);
const long = { ...dumps, title: "Another", work: words, contestants: [], goals: [] };

test("the page has the machine, the goals, the contests and what each contestant does", () => {
  const page = performancePage([reportOf({ "8MB": [dumps] })]);
  expect(page).toContain(
    "| 8MB | 2026-11-28 12:34 UTC | 0123456789ab | 2 processors (AMD EPYC), 25.3 GB of memory | PostgreSQL 15, Docker 20.10.24, Node v24.21.0 | 0.3 |",
  );
  expect(page).toContain("| ours | ≤ 1 s | 5.00 s | missed |");
  expect(page).toContain("\n## Dumps\n\nA database is dumped. Median of 3.\n");
  expect(page).toContain("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n| pg_dump \\| gzip | 10.00 s |");
  expect(page).toContain("- **ours**: verifies");
});

test("reports of parts make one page, and the last report of a benchmark counts", () => {
  const first = reportOf({ "8MB": [dumps], provisioning: [dumps] }, "first");
  const second = reportOf({ "8MB": [{ ...dumps, title: "Again" }] }, "second");
  const page = performancePage([first, second]);
  const rows = page.split("\n").filter((line) => /^\| (8MB|provisioning) /.test(line));
  expect(rows.map((row) => row.split(" | ")[2])).toEqual(["second", "first"]);
  expect(page.match(/^## (Dumps|Again)$/gm)).toEqual(["## Again", "## Dumps"]);
});

test("a contestant's note appears once, and facts without a measurement have no figures", () => {
  const looked = {
    ...dumps,
    title: "Looks",
    contestants: [{ name: "ours", note: "sees everything", samples: [] }],
    goals: [],
  };
  const page = performancePage([reportOf({ "8MB": [dumps, { ...dumps, title: "Again" }], looks: [looked] })]);
  expect(page.match(/^- \*\*ours\*\*: verifies/gm)).toHaveLength(1);
  expect(page.slice(page.indexOf("## Looks"))).toBe(
    "## Looks\n\nA database is dumped.\n\n- **ours**: sees everything\n",
  );
});

test("no line of prose is wider than the documents' are", () => {
  const noted = { ...long, contestants: [{ name: "ours", note: words, samples: [{ seconds: 1 }] }] };
  const lines = performancePage([reportOf({ a: [noted] })]).split("\n");
  expect(lines.filter((line) => !line.startsWith("|") && line.length > 120)).toEqual([]);
  expect(lines.some((line) => line.startsWith("  "))).toBe(true);
});

test("a report read back is what was written", () => {
  const report = reportOf({ "8MB": [dumps] });
  expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
});
