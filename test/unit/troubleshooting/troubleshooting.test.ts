import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deploymentExits } from "../../../infra/deployment/exit-codes.ts";
import { ConnectError } from "../../../infra/remotehost/errors.ts";
import { classify } from "../../../infra/remotehost/provider/ssh/failure.ts";
import { failures } from "../../../infra/remotehost/provider/ssh/failure-table.ts";
import { ExitCode } from "../../../scripts/lib/base/exit-codes.ts";
import { exitCodes as statusExitCodes } from "../../../scripts/lib/status/levels.ts";
import { ignored } from "./ignored-messages.ts";
import { idOf, idsInCode, type MessageText, messageTexts, repository } from "./message-texts.ts";

interface Row {
  section: string;
  heading: string;
  cells: string[];
}

const document = readFileSync(join(repository, "docs/TROUBLESHOOTING.md"), "utf8");

/** The rows of all tables, with their section and the header of the first column. */
function rowsOf(text: string): Row[] {
  let section = "";
  let heading = "";
  return text.split("\n").flatMap((line) => {
    section = /^#+ (?<title>.+)$/.exec(line)?.groups?.title ?? section;
    if (!line.startsWith("|")) heading = "";
    if (!line.startsWith("|") || /^\|[ |-]+$/.test(line)) return [];
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    const isFirst = heading === "";
    if (isFirst) heading = cells[0] ?? "";
    return isFirst ? [] : [{ section, heading, cells }];
  });
}

/** The code in a cell, with its outer spaces. */
const codeOf = (cell: string): string[] =>
  [...cell.matchAll(/(`+)(.+?)\1(?!`)/g)].map(([, ticks, code = ""]) =>
    ticks === "``" ? code.trim() : code,
  );

const rows = rowsOf(document);
const codesUnder = (...headings: string[]): string[] =>
  rows.filter(({ heading }) => headings.includes(heading)).flatMap(({ cells }) => codeOf(cells[0] ?? ""));

/** Whether a message contains these words, in which `…` is any text. */
function hasWords({ text }: MessageText, words: string): boolean {
  const parts = words.split("…").map((part) => part.replaceAll(/[\\^$.|?+*()[\]{}]/g, "\\$&"));
  return new RegExp(parts.join(".*"), "s").test(text.replaceAll(/\s+/g, " "));
}
const isIgnored = (message: MessageText): boolean =>
  ignored.some(({ file, words }) => message.file === file && hasWords(message, words));

const idsInDocument = codesUnder("id");

describe("ids", () => {
  const inCode = idsInCode();

  test("stand in the document once, each in a row of its own", () => {
    expect(idsInDocument.filter((id, index) => idsInDocument.indexOf(id) !== index)).toEqual([]);
    const cells = rows.filter(({ heading }) => heading === "id").map((row) => row.cells[0] ?? "");
    expect(cells.filter((cell) => !/^`DBK-[A-Z]+-[1-9]\d*`$/.test(cell))).toEqual([]);
  });

  test("of the code all stand in the document", () => {
    expect(inCode.filter((id) => !idsInDocument.includes(id))).toEqual([]);
  });

  test("of the document all stand in the code", () => {
    expect(idsInDocument.filter((id) => !inCode.includes(id))).toEqual([]);
  });
});

describe("messages", () => {
  const messages = messageTexts();

  test("are found in the code", () => {
    expect(messages.length).toBeGreaterThan(350);
    expect(idsInDocument.length).toBeGreaterThan(100);
  });

  test("end with an id", () => {
    const missing = messages.filter((message) => idOf(message.text) === null && !isIgnored(message));
    expect(missing.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  test("are left out for a reason that still holds", () => {
    const stale = ignored.filter(
      ({ file, words }) => !messages.some((message) => message.file === file && hasWords(message, words)),
    );
    expect(stale).toEqual([]);
  });
});

describe("what ssh says", () => {
  const samples = codesUnder("ssh says");

  test.each(
    failures.flatMap((failure) => alternativesOf(failure.pattern).map((pattern) => ({ pattern, failure }))),
  )("$pattern stands in the document", ({ pattern, failure }) => {
    const words = new RegExp(pattern, failure.pattern.flags);
    expect(samples.filter((sample) => words.test(sample) && classify(sample) === failure)).not.toEqual([]);
  });

  test.each(samples)("the plugin knows: %s", (sample) => {
    expect(classify(sample)).toBeDefined();
  });

  test.each(rows.filter(({ heading }) => heading === "ssh says").map(({ cells }) => cells))(
    "the message ends with the id of the row: %s, %s",
    (said = "", id = "") => {
      const text = { host: "h", what: "it failed", why: "it says so", next: "Look there." };
      const ids = codeOf(said).map((sample) => {
        const failure = classify(sample);
        return failure && idOf(new ConnectError(failure.kind, text).message);
      });
      expect([...new Set(ids)]).toEqual(codeOf(id));
    },
  );
});

describe("exit codes", () => {
  /** Each has one document, with a table whose first header is this. */
  const codesIn = (path: string): number[] =>
    rowsOf(readFileSync(join(repository, "docs", path), "utf8"))
      .filter(({ heading }) => heading === "exit code")
      .map(({ cells }) => Number(cells[0]))
      .sort((a, b) => a - b);
  const inOrder = (codes: readonly number[]) => [...new Set(codes)].sort((a, b) => a - b);

  test("of the deployment", () => {
    expect(codesIn("BACKUP_DEPLOYMENT_GUIDE.md")).toEqual(inOrder(deploymentExits.map(([, code]) => code)));
  });

  test("of the server's programs", () => {
    expect(codesIn("BACKUP_QUICK_REFERENCE.md")).toEqual(inOrder(Object.values(ExitCode)));
  });

  test("of the status check", () => {
    expect(codesIn("status.md")).toEqual(inOrder(Object.values(statusExitCodes)));
  });

  test("of the drift report", () => {
    expect(codesIn("drift.md")).toEqual([0, 1, 2]);
  });
});

/** The alternatives of a pattern's outermost `|`. */
function alternativesOf({ source }: RegExp): string[] {
  let depth = 0;
  const sides = [""];
  for (const [part] of source.matchAll(/\\.|[\s\S]/g)) {
    if (part === "(") depth += 1;
    if (part === ")") depth -= 1;
    if (part === "|" && depth === 0) sides.push("");
    else sides.push(`${sides.pop() ?? ""}${part}`);
  }
  return sides;
}
