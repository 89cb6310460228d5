import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { expect, test } from "vitest";
import { BackupServer } from "../../../infra/program/backup-server.ts";
import { cronFile, desiredStateOf } from "../../benchmark/provisioning/desired-state.ts";
import { bundles, goodFacts, seed, serverPlanOf } from "../infra/plans.ts";

const deployment = { stack: "database-backups/prod", programsVersion: "0.1.0+abc" };

test("the other tools get the work that a BackupServer declares", async () => {
  const declared: MockResourceArgs[] = [];
  await pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: (resource) => {
      declared.push(resource);
      return { id: resource.name, state: resource.inputs };
    },
  });
  const plan = serverPlanOf({ ...seed, runtime: "system" });
  const facts = goodFacts(plan.key);
  await new BackupServer({ plan, facts, bundles, ...deployment }).settled;
  const of = (kind: string) =>
    declared.filter(({ type }) => type === `remotehost:index:${kind}`).map(({ inputs }) => inputs);

  const desired = desiredStateOf(plan, facts.systemNode?.path ?? "", bundles, deployment);
  const byPath = (a: { path?: string }, b: { path?: string }) => ((a.path ?? "") < (b.path ?? "") ? -1 : 1);
  const sorted = <T extends { path?: string }>(all: readonly T[]) => [...all].sort(byPath);
  expect(sorted(desired.directories)).toEqual(
    sorted(of("Directory").map(({ path, mode }) => ({ path, mode }))),
  );
  const textOf = (source: unknown) => bundles.find(({ file }) => file === source)?.text;
  expect(sorted(desired.files)).toEqual(
    sorted(
      of("File").map(({ path, mode, content, source }) => ({
        path,
        mode,
        content: content ?? textOf(source),
      })),
    ),
  );
  expect([desired.cron]).toEqual(
    of("CronTable").map(({ path, environment, entries }) => ({ path, environment, entries })),
  );
});

test("a tool without support for cron writes the table as a file", () => {
  const desired = desiredStateOf(serverPlanOf(), "/usr/bin/node", bundles, deployment);
  expect(cronFile(desired)).toMatchObject({ path: "/etc/cron.d/database-backups", mode: "0644" });
  expect(cronFile(desired).content).toContain("\n0 2 * * * root /root/backup_database.sh ");
});
