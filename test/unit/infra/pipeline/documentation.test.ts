import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../../infra/local-machine/places.ts";
import { readWorkflow, workflowFiles, workflowText } from "../../../pipeline/workflow.ts";

const page = readFileSync(join(repository, "docs", "CI.md"), "utf8");
const table = page.slice(page.indexOf("## What the jobs need"), page.indexOf("## GitHub"));
const used = new Map(
  workflowFiles()
    .flatMap((file) => [...workflowText(file).matchAll(/\b(secrets|vars)\.(\w+)/g)])
    .map(([, kind = "", name = ""]) => [name, kind === "vars" ? "variable" : "secret"]),
);

test("every secret and variable of the workflows is documented as what it is", () => {
  expect(used.size).toBeGreaterThan(5);
  for (const [name, kind] of used) {
    const row = table.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${name}\``)) ?? "";
    expect(row, name).toContain(kind);
  }
});

test("what is documented is used", () => {
  const documented = [...table.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name = ""]) => name);
  const inGitLab = readFileSync(join(repository, "infra", "pipeline", "gitlab.ts"), "utf8");
  for (const name of new Set(documented))
    expect(used.has(name) || inGitLab.includes(name) || name === "STACK", name).toBe(true);
});

test("the environments are those of the page", () => {
  const names = workflowFiles()
    .flatMap((file) => Object.values(readWorkflow(file).jobs))
    .flatMap(({ environment }) => environment?.name ?? []);
  const suffixes = new Set(names.map((name) => name.replace(/^.*\}\}/, "")));
  for (const suffix of suffixes) expect(page).toContain(`| \`prod${suffix}\` |`);
  expect([...page.matchAll(/^ *\| `prod[\w-]*` \|/gm)]).toHaveLength(suffixes.size);
});
