import { expect, test } from "vitest";
import { readiness } from "../../../../../../infra/remotehost/provider/readiness/resource.ts";
import { kept, type Requirements, requirementsOf } from "../../../../../../infra/remotehost/requirements.ts";

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

test("what versions before do not know lies beside the requirements, which their plugins read strictly", () => {
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
  expect(readiness.inputsOf?.(state)).toEqual({ connection, ...kept(requirements), problems: [] });
});
