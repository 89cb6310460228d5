import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { execute } from "../../infra/local-machine/command.ts";
import { ensureActionlint } from "../sandbox/set-up/actionlint.ts";
import { workflowDirectory, workflowFiles, workflowText } from "./workflow.ts";

const actionlint = await ensureActionlint();

/** shellcheck and pyflakes are disabled, because their output would depend on the machine. */
const flags = ["-no-color", "-shellcheck=", "-pyflakes="];

test("actionlint has nothing to say of the workflows", async ({ skip }) => {
  if ("reason" in actionlint) return skip(actionlint.reason);
  const files = workflowFiles().map((file) => join(workflowDirectory, file));
  expect(files.length).toBeGreaterThan(0);
  const { code, stdout, stderr } = await execute([actionlint.path, ...flags, ...files]);
  expect(`${stdout}${stderr}`).toBe("");
  expect(code).toBe(0);
});

test("actionlint finds mistakes", async ({ skip }) => {
  if ("reason" in actionlint) return skip(actionlint.reason);
  const directory = mkdtempSync(join(tmpdir(), "database-backups-lint-"));
  try {
    const file = join(directory, "drift.yml");
    writeFileSync(file, workflowText("drift.yml").replaceAll("steps.list.outputs", "steps.lost.outputs"));
    const { code, stdout } = await execute([actionlint.path, ...flags, file]);
    expect(stdout).toContain('property "lost" is not defined');
    expect(code).toBe(1);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
