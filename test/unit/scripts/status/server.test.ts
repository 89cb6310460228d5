import { describe, expect, test } from "vitest";
import type { FindingLevel } from "../../../../scripts/contract/status-report.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import { verdictOf } from "../../../../scripts/lib/status/levels.ts";
import { problemText, reportText } from "../../../../scripts/lib/status/report-text.ts";
import { entry, log } from "./findings.ts";
import { database, notYetDeployed, server } from "./observations.ts";

describe("the whole", () => {
  const plain = (_: string, text: string) => text;

  test.each<readonly [FindingLevel[], string]>([
    [[], "healthy"],
    [["ok", "note"], "healthy"],
    [["ok", "warning"], "warning"],
    [["warning", "unknown"], "unknown"],
    [["unknown", "critical"], "critical"],
  ])("%j is %s", (levels, verdict) => expect(verdictOf(levels)).toBe(verdict));

  test("a healthy server shows all eight points, and nothing if only problems are wanted", () => {
    const report = judgeServer(server(log(entry(10, "backup finished"))));
    expect(report).toMatchObject({ verdict: "healthy", exitCode: 0, summary: "healthy: 1 database" });
    expect(problemText(report, plain)).toBe("");
    const text = reportText(report, plain);
    for (let number = 1; number <= 8; number++)
      expect(text).toMatch(new RegExp(`^  ${number} \\w+ +ok `, "m"));
  });

  test("a server that waits for its application is healthy, with notes", () => {
    expect(judgeServer(server({ databases: [notYetDeployed] }))).toMatchObject({ exitCode: 0 });
  });

  test("the worst of several databases decides, and its problem names it", () => {
    const stopped = { ...database().settings, name: "blog" };
    const broken = database({ settings: stopped, container: { readable: true, value: null } });
    const report = judgeServer(server({ databases: [database(), broken] }));
    expect(report).toMatchObject({ verdict: "critical", exitCode: 2 });
    expect(report.databases.map(({ verdict }) => verdict)).toEqual(["healthy", "critical"]);
    expect(report.summary).toContain("critical: blog: there is no container");
    expect(problemText(report, plain)).toContain("→ run: docker ps --all");
  });
});
