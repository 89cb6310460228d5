import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InterruptedError } from "../../../../scripts/lib/base/errors.ts";
import { openLog } from "../../../../scripts/lib/program/log.ts";
import { runAll } from "../../../../scripts/lib/restore/client-cut-off.ts";
import { restoreInPlace } from "../../../../scripts/lib/restore/in-place.ts";
import type { LiveServer } from "../../../../scripts/lib/restore/live-server.ts";
import type { RestoreRun } from "../../../../scripts/lib/restore/run.ts";
import type { RestoreSource } from "../../../../scripts/lib/restore/source.ts";
import { wayBackCommands, wayBackText } from "../../../../scripts/lib/restore/way-back.ts";
import { quietRun } from "../postgres/runs.ts";
import { settings } from "../status/observations.ts";

const scratch = mkdtempSync(join(tmpdir(), "in-place-"));
const { PATH } = process.env;

beforeAll(() => {
  // No container may be used. The fake docker records every call.
  writeFileSync(join(scratch, "docker"), `#!/bin/sh\ntouch ${scratch}/asked\nexit 1\n`, { mode: 0o755 });
  process.env.PATH = `${scratch}:${PATH}`;
});
afterAll(() => {
  process.env.PATH = PATH;
  rmSync(scratch, { recursive: true });
});

const properties = {
  owner: "app",
  encoding: "UTF8",
  collate: "C",
  ctype: "C",
  provider: "c",
  providerLocale: null,
  icuRules: null,
  tablespace: "pg_default",
  connectionLimit: -1,
  isTemplate: false,
  comment: null,
  grants: null,
  settings: [],
};

test("interrupted before the drop, an in-place restore drops nothing and writes nothing down", async () => {
  const backups = join(scratch, "backups");
  const runId = "20261122T020000-4f2a1b";
  const run = {
    ...quietRun({
      settings: { ...settings, paths: { ...settings.paths, backups } },
      database: { name: "app", container: "app-db", database: "app", user: "app", dataDirectory: "/data" },
      runId,
      log: openLog(join(scratch, "log"), "restore_database", runId),
      signal: AbortSignal.abort(new InterruptedError("ended by SIGTERM")),
    }),
    acceptsDifferences: false,
  };
  const state = { version: 1, runId, liveOid: 5, preRestoreArchive: "/a.sql.gz", properties } as const;
  const server = { maintenance: "postgres", liveOid: 5 } as LiveServer;
  const keeper = { pid: 7, requireHeld: async () => {}, end: async () => {} };
  await expect(restoreInPlace(run, server, {} as RestoreSource, state, keeper)).rejects.toThrow(
    "ended by SIGTERM",
  );
  expect(readdirSync(scratch).toSorted()).toEqual(["docker", "log"]);
});

test("no statement is sent once clients could write", async () => {
  const sent: string[] = [];
  const session = {
    query: async (sql: string) => {
      sent.push(sql);
      return "";
    },
  };
  let looks = 0;
  const keeper = {
    requireHeld: async () => {
      looks += 1;
      if (looks === 2) throw new InterruptedError("the lock is lost");
    },
  };
  const statements = ["ALTER DATABASE app IS_TEMPLATE false", "DROP DATABASE app"];
  await expect(runAll(session, statements, { found: 0 }, keeper)).rejects.toThrow("the lock is lost");
  expect(sent).toEqual(["ALTER DATABASE app IS_TEMPLATE false"]);
});

test("the way back by hand stops at the first failure, and gives the password of the file", () => {
  const database = { name: "app", container: "app-db", database: "app", user: "app", dataDirectory: "/data" };
  const way = { settings, database: { ...database, passwordFile: "/etc/a password" } };
  const server = { maintenance: "postgres", versionNumber: 170_000, superuser: true };
  const runId = "20261122T020000-4f2a1b";
  const preRestoreArchive = join(scratch, "a.sql.gz");
  writeFileSync(preRestoreArchive, "");
  const state = { version: 1, runId, liveOid: 5, preRestoreArchive, properties } as const;
  const commands = wayBackCommands(way, server, state, "absent");
  const [asking = "", ...rest] = commands;
  expect(asking).toMatch(
    /^asking\(\) \{ PGPASSWORD="\$\(cat '\/etc\/a password'\)" docker exec .* --env PGPASSWORD /,
  );
  // The database's settings for its application must not apply to these sessions.
  for (const setting of ["role=none", "array_nulls=on", "temp_file_limit=-1", "event_triggers=off"])
    expect(asking).toContain(`-c ${setting}`);
  expect(rest.filter((command) => command.includes("asking "))).toHaveLength(rest.length - 1);
  const [, ...lines] = wayBackText(way as RestoreRun, server as LiveServer, state, "absent").split("\n");
  expect(lines.map((line) => line.endsWith(" && \\"))).toEqual(
    commands.map((_, at) => at < commands.length - 1),
  );
  expect(lines.at(-1)).toMatch(/^ {2}rm /);
  expect(lines.at(-3)).toContain("datconnlimit = -2");
});
