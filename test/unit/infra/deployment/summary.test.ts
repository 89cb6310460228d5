import { expect, test } from "vitest";
import { exitOf, type Result, type ServerResult, summaryText } from "../../../../infra/deployment/summary.ts";
import { readStatus, unproved } from "../../../../infra/deployment/verification.ts";
import { serverCommands } from "../../../../infra/server-files/commands.ts";
import { painter } from "../../../../scripts/lib/base/terminal.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import type { ServerObservation } from "../../../../scripts/lib/status/observation.ts";
import { hoursAgo, neverDeployed, server } from "../../scripts/status/observations.ts";
import { seed, stackPlanOf } from "../plans.ts";

const [plan] = stackPlanOf(seed).servers;
if (plan === undefined) throw new Error("the seed has a server");

function serverWith(more: Partial<ServerResult> = {}): ServerResult {
  const verification = { status: judgeServer(server()), waiting: [], backedUp: false, failure: null };
  return {
    key: "cloud.cerveras.com",
    changes: 20,
    problems: [],
    notes: [],
    readBack: [],
    verification,
    commands: serverCommands(plan as NonNullable<typeof plan>),
    ...more,
  };
}

function resultOf(server: ServerResult, more: Partial<Result> = {}): Result {
  return {
    stack: "prod",
    file: "Pulumi.prod.yaml",
    fileChanges: [],
    dryRun: false,
    beforeApplication: false,
    servers: [server],
    kept: [],
    errors: [],
    phases: [{ title: "Preview", seconds: 3.04 }],
    seconds: 12.4,
    ...more,
  };
}

const text = (result: Result) => summaryText(result, painter(false));

test("a success lists what was done, commands to paste, and the duration", () => {
  const result = resultOf(serverWith(), { fileChanges: ["servers: cloud.cerveras.com is added"] });
  expect(exitOf(result)).toBe("done");
  expect(text(result)).toContain("cloud.cerveras.com: the backup system is deployed and works");
  expect(text(result)).toContain("20 changes on the server");
  expect(text(result)).toMatch(/status +ssh root@cloud\.cerveras\.com \/root\/check_database_status\.sh/);
  expect(text(result)).toContain("commit Pulumi.prod.yaml: servers: cloud.cerveras.com is added");
  expect(text(result)).toMatch(/\n12 s: preview 3\.0 s$/);
});

test("what reading copies back costs stands with what was done", () => {
  const readBack = ["reading back at objects, a month: 3.4 GB, about 690 requests"];
  expect(text(resultOf(serverWith({ readBack })))).toMatch(/Done\n(?: {4}.*\n)* {4}reading back at objects/);
});

test("what was edited on a server and put back is reported with where it is kept", () => {
  const kept = ["h: /root/x had been edited; the edited version is kept as /opt/x/replaced/T+root+x"];
  expect(text(resultOf(serverWith(), { kept }))).toContain(`\n  Kept\n    ${kept[0]}\n`);
  expect(text(resultOf(serverWith()))).not.toContain("Kept");
});

const waiting = [{ name: "library", container: "library-db" }];

/** A server without the container of library, after a backup was due. */
function withoutContainer(more: Partial<ServerObservation> = {}): ServerResult {
  const seen = server(more);
  const databases = seen.databases.map((database) => ({
    ...database,
    settings: { ...database.settings, name: "library" },
    container: { readable: true, value: null } as const,
  }));
  const status = judgeServer({ ...seen, databases });
  expect(status.verdict).toBe("critical");
  return serverWith({ verification: { status, waiting, backedUp: false, failure: null } });
}

test("an application that comes later according to the user is no failure, and the next step is named", () => {
  const result = resultOf(withoutContainer(), { beforeApplication: true });
  expect(exitOf(result)).toBe("done");
  expect(text(result)).toContain("backups begin as soon as the database is there");
  expect(text(result)).toMatch(
    /no backup of library yet\. After kamal deploy: ssh root@.*backup_database\.sh/,
  );
});

test("runs that failed without the container do not count if the application comes later", () => {
  const failed = (hours: number) => ({
    time: hoursAgo(hours),
    level: "error" as const,
    database: "library",
    runId: `r${hours}`,
    program: "backup_database",
    text: "backup failed: there is no container library-db",
  });
  const log = { readable: true, value: [failed(58), failed(34), failed(10)] } as const;
  const result = resultOf(withoutContainer({ databases: [neverDeployed], log }), { beforeApplication: true });
  expect(exitOf(result)).toBe("done");
  const status = result.servers[0]?.verification?.status;
  expect(status?.points.log.level).toBe("note");
  expect(status?.databases[0]?.points).toMatchObject({
    container: { level: "critical" },
    backup: { level: "critical" },
  });
});

test("a database without a container is no success unless the user expected it, and the last line says why", () => {
  const result = resultOf(withoutContainer());
  expect(exitOf(result)).toBe("unavailable");
  expect(text(result)).not.toContain("deployed and works");
  expect(text(result).split("\n").at(-1)).toBe(
    "nothing is backed up of library (there is no container library-db on cloud.cerveras.com) [DBK-READY-7]",
  );
});

test("a missing container excuses nothing else", () => {
  const stopped = withoutContainer({ cronRunning: { readable: true, value: false } });
  for (const beforeApplication of [true, false])
    expect(exitOf(resultOf(stopped, { beforeApplication }))).toBe("failed");
  const silent = serverWith({ verification: { status: null, waiting, backedUp: false, failure: null } });
  expect(exitOf(resultOf(silent, { beforeApplication: true }))).toBe("failed");
});

test("a verification that failed, a server that is not ready and an error each make it fail, with the reason", () => {
  const verification = { status: null, waiting: [], backedUp: false, failure: "pg_dump: error" };
  const failed = resultOf(serverWith({ verification }));
  expect(exitOf(failed)).toBe("failed");
  expect(text(failed)).toMatch(/deployed, but it does not work yet[\s\S]*pg_dump: error/);
  const down = resultOf(serverWith({ problems: ["h: no answer"], verification: null }));
  expect(exitOf(down)).toBe("failed");
  expect(text(down)).toMatch(/nothing was changed there[\s\S]*h: no answer/);
  expect(text(down)).not.toContain("check_database_status.sh");
  const broken = resultOf(serverWith(), { errors: ["disk full"] });
  expect(exitOf(broken)).toBe("failed");
  expect(text(broken)).toMatch(/disk full[\s\S]*npm run pulumi -- cancel --yes --stack prod/);
});

test("a server that the status check finds something critical on, or that gave no answer, does not work", () => {
  const critical = judgeServer(server({ cronRunning: { readable: true, value: false } }));
  expect(critical.exitCode).toBeGreaterThan(1);
  for (const [status, says] of [
    [critical, /the status check finds something critical: ssh .*check_database_status\.sh/],
    [null, /the status check gave no answer/],
  ] as const) {
    const verification = { status, waiting: [], backedUp: false, failure: null };
    const result = resultOf(serverWith({ changes: 0, verification }));
    expect(exitOf(result)).toBe("failed");
    expect(text(result)).toMatch(/deployed, but it does not work yet/);
    expect(text(result)).toMatch(says);
  }
});

test("after an error nothing is said to be as it should be", () => {
  const broken = text(resultOf(serverWith({ changes: 0, verification: null }), { errors: ["disk full"] }));
  expect(broken).not.toContain("as it should be");
});

test("a second run has nothing to tell but that", () => {
  expect(text(resultOf(serverWith({ changes: 0 })))).toContain("nothing was changed");
});

test("what is no report of the status check proves nothing", () => {
  for (const said of ["", "{}", "not JSON"]) expect(readStatus(said)).toBeNull();
  expect(unproved(null)).toEqual([]);
});
