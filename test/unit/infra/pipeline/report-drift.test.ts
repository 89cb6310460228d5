import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DriftReport } from "../../../../infra/drift/report.ts";
import { execute } from "../../../../infra/local-machine/command.ts";
import { projectNode, repository } from "../../../../infra/local-machine/places.ts";
import { type ForgeStandIn, newIssue, startForge } from "../../../pipeline/forge-stand-in.ts";

let forge: ForgeStandIn;
let directory: string;

beforeEach(async () => {
  forge = await startForge();
  directory = mkdtempSync(join(tmpdir(), "database-backups-reports-"));
});

afterEach(async () => {
  await forge.close();
  rmSync(directory, { recursive: true, force: true });
});

const forges: [string, () => Record<string, string>][] = [
  [
    "GitHub",
    () => ({
      GITHUB_API_URL: forge.url,
      GITHUB_SERVER_URL: "https://forge.example",
      GITHUB_REPOSITORY: "owner/backups",
      GITHUB_RUN_ID: "1",
      GITHUB_TOKEN: forge.token,
    }),
  ],
  [
    "GitLab",
    () => ({
      GITLAB_CI: "true",
      CI_API_V4_URL: forge.url,
      CI_PROJECT_ID: "42",
      CI_PIPELINE_URL: "https://forge.example/owner/backups/-/pipelines/1",
      ISSUES_TOKEN: forge.token,
    }),
  ],
];

function look(stack: string, exitCode: 0 | 1 | 2, changes: Partial<DriftReport> = {}): void {
  const path = join(directory, `drift-${stack}`);
  mkdirSync(path, { recursive: true });
  const takenAt = new Date().toISOString();
  const parts = { version: 1, stack, takenAt, exitCode, summary: "", failures: [], servers: [], ...changes };
  writeFileSync(join(path, "exit-code"), `${exitCode}\n`);
  writeFileSync(join(path, "report.md"), `report of ${stack}\n`);
  writeFileSync(join(path, "report.json"), JSON.stringify(parts));
}

async function report(environment: Record<string, string>, stacks = '["prod","staging"]') {
  const program = join(repository, "infra", "pipeline", "report-drift.ts");
  const env = { PATH: process.env.PATH, STACKS: stacks, ...environment };
  const { code, stdout, stderr } = await execute([projectNode, program, directory], { env });
  return { code, text: `${stdout}${stderr}` };
}

test.each(forges)(
  "%s: a night with drift, the same night, a night with more, a clean one",
  async (_, environment) => {
    look("prod", 2);
    look("staging", 0);
    for (let night = 1; night <= 2; night++) {
      const { code, text } = await report(environment());
      expect(code, text).toBe(0);
    }
    expect(forge.issues).toMatchObject([{ open: true, labels: ["drift"], comments: [] }]);
    expect(forge.issues[0]?.body).toContain("report of prod");

    look("prod", 1, { failures: ["pulumi preview failed"] });
    rmSync(join(directory, "drift-staging"), { recursive: true });
    await report(environment());
    expect(forge.issues).toMatchObject([
      { open: true, title: expect.stringContaining("prod could not be looked at"), comments: [{}] },
      { open: true, title: expect.stringContaining("staging could not be looked at"), comments: [] },
    ]);

    look("prod", 0);
    look("staging", 0);
    const { text } = await report(environment());
    expect(text).toMatch(/#1 closed.*#2 closed/s);
    expect(forge.issues.map(({ open }) => open)).toEqual([false, false]);
  },
);

test.each(forges)("%s: one server changed, another out of reach", async (_, environment) => {
  const server = { host: "", deployed: true, problems: [], drift: [], pending: [] };
  look("prod", 1, {
    servers: [
      { ...server, key: "web-1", verdict: "drift" },
      { ...server, key: "web-2", verdict: "unknown" },
    ],
  });
  const { text } = await report(environment(), '["prod"]');
  expect(text).toContain("prod: drift, and not everything could be looked at\n");
  expect(forge.issues).toMatchObject([{ title: expect.stringContaining("and not all could be looked at") }]);
});

test.each(forges)("%s: issues behind the first page are found", async (_, environment) => {
  look("prod", 2);
  for (let number = 1; number <= 130; number++)
    forge.issues.push(newIssue(number, { labels: ["drift"], body: "of somebody" }));
  await report(environment(), '["prod"]');
  await report(environment(), '["prod"]');
  expect(forge.issues).toHaveLength(131);
});

test.each(forges)(
  "%s: a refused token is reported, with what it needs, and never shown",
  async (_, environment) => {
    look("prod", 2);
    const token = "a-token-that-is-wrong";
    const { code, text } = await report(
      { ...environment(), GITHUB_TOKEN: token, ISSUES_TOKEN: token },
      '["prod"]',
    );
    expect(code).toBe(1);
    expect(text).toMatch(/answers 401 to GET .*Bad credentials.*(issues: write|scope `api`)/);
    expect(text).not.toContain(token);
  },
);

test.each(forges)(
  "%s: a label that was dropped is an error, not an issue each night",
  async (_, environment) => {
    look("prod", 2);
    forge.maySetLabels = false;
    const { code, text } = await report(environment(), '["prod"]');
    expect(code).toBe(1);
    expect(text).toMatch(/opened issue #1 without its label drift\. Close it by hand\./);
  },
);

test.each(forges)("%s: no answer is reported with its address", async (_, environment) => {
  look("prod", 2);
  const nowhere = { GITHUB_API_URL: "http://127.0.0.1:9", CI_API_V4_URL: "http://127.0.0.1:9" };
  const { code, text } = await report({ ...environment(), ...nowhere }, '["prod"]');
  expect(code).toBe(1);
  expect(text).toMatch(/does not answer to GET http:\/\/127\.0\.0\.1:9\//);
});

test("what the job does not set is named, all of it", async () => {
  const { code, text } = await report({ STACKS: "" });
  expect(code).toBe(1);
  expect(text).toMatch(/Not set: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN/);
});
