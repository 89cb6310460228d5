import { expect, test } from "vitest";
import { readinessOf } from "../../../../infra/remotehost/provider/readiness/resource.ts";
import type { Properties } from "../../../../infra/remotehost/provider/wire.ts";
import { examiner } from "../../../../infra/requirements/examiner.ts";
import { kept, type Requirements, requirementsOf } from "../../../../infra/requirements/requirements.ts";

const requirements: Requirements = {
  ...{ commands: ["docker"], directories: [], databases: [], runtime: "pinned", mails: false },
  log: "/root/backup_database.log",
  executes: ["/root"],
  own: {
    ...{ cronTable: "/etc/cron.d/x", logRotation: "/etc/logrotate.d/x" },
    ...{ backupLauncher: "/root/x", installation: "/opt/x" },
  },
  pathSettings: { "/root/backups": "paths.backups" },
  managed: ["shop"],
  published: { shop: 5432 },
  formerStack: "p/before",
};
const connection = { key: "a", host: "192.0.2.1" };

test("settings unknown to older versions are beside the requirements, which older plugins read strictly", () => {
  const properties = kept(requirements);
  expect(Object.keys(properties.requirements).sort()).toEqual([
    ...["commands", "databases", "directories", "mails", "runtime"],
  ]);
  expect(properties.log).toBe("/root/backup_database.log");
  expect(requirementsOf(properties)).toEqual(requirements);
});

test("what a later version has left in the state keeps no plugin from reading it", () => {
  const state = {
    ...{ connection, ...kept(requirements), problems: [], later: true },
    requirements: { ...kept(requirements).requirements, later: ["x"] },
  };
  expect(readinessOf(examiner).inputsOf?.(state)).toEqual({
    connection,
    ...kept(requirements),
    problems: [],
  });
});

test("the refresh and the program ask the same, and may share one look", () => {
  const asRead = { connection, ...kept(requirements), problems: [] } as unknown as Properties;
  const asAsked = { connection, requirements, stack: "p/s" } as unknown as Properties;
  expect(examiner.probe(asRead).question).toBe(examiner.probe(asAsked).question);
});
