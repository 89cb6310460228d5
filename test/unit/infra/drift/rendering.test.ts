import { describe, expect, test } from "vitest";
import { largestMarkdown, markdownReport } from "../../../../infra/drift/markdown-report.ts";
import { type Drift, type DriftReport, makeReport } from "../../../../infra/drift/report.ts";
import { textReport } from "../../../../infra/drift/text-report.ts";
import { reportFrom } from "./recordings.ts";

const plain = (report: DriftReport) => textReport(report, (_, text) => text);

const edited = (diff: string, more: Partial<Drift> = {}): Drift => ({
  change: "changed",
  resource: "web-1-quick-reference",
  type: "File",
  path: "/root/backup_quick_reference.txt",
  properties: [],
  diff,
  changedAt: "2026-11-24T01:12:03.000Z",
  ...more,
});

const reportWith = (...drift: Drift[]): DriftReport =>
  makeReport({
    stack: "prod",
    failures: [],
    servers: [
      { key: "web-1", host: "web-1", deployed: true, verdict: "drift", problems: [], drift, pending: [] },
    ],
    takenAt: new Date("2026-11-24T02:00:00Z"),
  });

test("the text names each place with its change", () => {
  const text = plain(reportFrom("tampered"));
  for (const part of [
    "web-1: 9 resources were changed",
    "/root/backup_database.sh (web-1-backup-launcher)\n      mode: 0700 → 0755",
    "/root/check_database_status.sh (web-1-status-launcher): missing",
    "a symbolic link to /bin/true is in its place",
    /content differs, and is not shown: sha256 [0-9a-f]{12}… → [0-9a-f]{12}…/,
    "      │ +kept by hand\n",
    /│ -0 2 \* \* \* root.*\n.*│ \+5 2 \* \* \* root/,
    'foreignEntries: [] → ["0 3 * * * /root/backup_database.sh --quiet"]',
    /web-2: could not be looked at\n {2}! web-2: the server could not be reached over ssh/,
    "\n2 servers: 1 could not be looked at, 1 drifted.\nTo put back what was changed: pulumi up --stack sandbox",
  ])
    expect(text).toMatch(part);
});

test("a pending change of several servers appears once", () => {
  const text = plain(reportFrom("pending"));
  expect(text).toContain(
    "Pending: wanted by the program and not deployed yet; no drift\n  web-1, web-2\n    update /etc/cron.d/database-backups: content\n",
  );
  expect(text.match(/config\.json/g)).toHaveLength(1);
  expect(markdownReport(reportFrom("pending"))).toContain("`web-1`, `web-2`\n\n- update `/etc/cron.d/");
});

test("the reason of a failed program comes first", () => {
  expect(plain(reportFrom("failing"))).toMatch(
    /^Drift of the stack sandbox\n\nPulumi.sandbox.yaml has one problem/,
  );
});

test("only what is to be coloured is coloured", () => {
  const text = textReport(reportFrom("tampered"), (style, part) => `<${style}>${part}</>`);
  expect(text).toContain("│ <green>+kept by hand</>");
  expect(text).toContain("<yellow>could not be looked at</>");
  expect(text).toContain("<bold>--- /root/backup_quick_reference.txt\tas deployed</>");
});

describe("a hostile file", () => {
  const hostile =
    "@@ -1,1 +1,4 @@\n a\n+\u001b[2Jgone\r\n+```\n+::set-output name=x::y\n+\u202eabc\n ::add-mask::a\n";
  test("moves no cursor, and no line begins with its words", () => {
    const text = plain(reportWith(edited(hostile)));
    expect(text).toContain("+\\u{1b}[2Jgone\\u{d}");
    expect(text).toContain("\\u{202e}abc");
    expect(text).not.toMatch(/^\s*::/m);
  });
  test("does not get out of its block in Markdown", () => {
    const lines = markdownReport(reportWith(edited(hostile))).split("\n");
    const fences = lines.flatMap((line, index) => (/^````/.test(line) ? [index] : []));
    expect(fences).toHaveLength(2);
    const [start = 0, end = 0] = fences;
    for (const part of ["+```", " ::add-mask::a"]) {
      const at = lines.indexOf(part);
      expect(at > start && at < end, part).toBe(true);
    }
  });
  test("or a hostile name makes no mention and no markup", () => {
    const drift = edited("", { diff: null, change: "obstructed", path: "/root/`@all`", properties: [] });
    const [server] = reportWith(drift).servers;
    if (!server) throw new Error("no server");
    const words = "web-1: <img src=x> @everyone #1 https://evil.example [a](b) ``` \r\n- ``@x`` ` end`";
    const text = markdownReport({
      ...reportWith(drift),
      failures: [words],
      servers: [{ ...server, problems: [words] }],
    });
    expect(text).toContain("`` /root/`@all` ``");
    const shown = "web-1: <img src=x> @everyone #1 https://evil.example [a](b) ``` \\u{d} - ``@x`` ` end`";
    expect(text.split("\n").filter((line) => line.includes("@everyone"))).toEqual(
      // More backticks than in the text, so that the text cannot end the code.
      [`- \`\`\`\` ${shown} \`\`\`\``, `- \`\`\`\` ${shown} \`\`\`\``],
    );
  });
  test("or an endless word is cut, and stays code", () => {
    const text = markdownReport({ ...reportWith(), failures: ["@x ".repeat(9000)] });
    expect(text).toMatch(/^- `(@x )+@x?…`$/m);
    expect(text.length).toBeLessThan(3000);
  });
});

describe("Markdown fits into an issue", () => {
  const long = (lines: number) => `@@ -0,0 +1,${lines} @@\n${"+0123456789 0123456789\n".repeat(lines)}`;
  test("a long diff is shortened, and says so", () => {
    const text = markdownReport(reportWith(edited(long(1000))));
    expect(text).toContain("… 801 more lines: see --json");
    expect(text.length).toBeLessThan(largestMarkdown);
  });
  test("many diffs are shortened more", () => {
    const text = markdownReport(reportWith(...Array.from({ length: 40 }, () => edited(long(300)))));
    expect(text).toContain("… 271 more lines: see --json");
    expect(text.length).toBeLessThanOrEqual(largestMarkdown);
  });
  test("very many places end with a word about the others", () => {
    const text = markdownReport(reportWith(...Array.from({ length: 1000 }, () => edited(long(300)))));
    expect(text.length).toBeLessThanOrEqual(largestMarkdown);
    expect(text).toMatch(/… and more: see `npm run drift -- --json`\n$/);
  });
});
