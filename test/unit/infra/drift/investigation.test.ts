import { describe, expect, test } from "vitest";
import { lookRequestOf, reportOf, serversOf } from "../../../../infra/drift/investigation.ts";
import { exitCodeOf } from "../../../../infra/drift/report.ts";
import { addEvent, type Preview } from "../../../../infra/drift/resource-events.ts";
import { type Recording, replay, reportFrom } from "./recordings.ts";

const server = (preview: Preview, wanted: string) => {
  const found = serversOf(preview).find(({ key }) => key === wanted);
  if (!found) throw new Error(`no server ${wanted}`);
  return found;
};

describe("the report of each recording", () => {
  const cases: [Recording, 0 | 1 | 2, string][] = [
    ["clean", 0, "2 servers: 2 as deployed"],
    ["tampered", 1, "2 servers: 1 could not be looked at, 1 drifted"],
    ["pending", 2, "2 servers: 1 drifted, 1 as deployed; 6 pending changes"],
    ["sensitive", 2, "2 servers: 1 drifted, 1 as deployed"],
    ["failing", 1, "2 servers: 1 drifted, 1 as deployed; the report is not complete"],
  ];
  test.each(cases)("%s: exit code %i, %s", (name, exitCode, summary) => {
    expect(reportFrom(name)).toMatchObject({ exitCode, summary });
  });
});

test("each kind of tampering is reported under its server", () => {
  const { servers } = reportFrom("tampered");
  const [first, second] = servers;
  expect(first?.drift.map(({ resource, change }) => `${resource} ${change}`)).toEqual([
    "web-1-cron-table changed",
    "web-1-log-rotation obstructed",
    "web-1-settings changed",
    "web-1-backup-program changed",
    "web-1-backup-launcher changed",
    "web-1-quick-reference changed",
    "web-1-status-launcher missing",
    "web-1-backups changed",
    "web-1-restore-launcher obstructed",
  ]);
  expect(second).toMatchObject({
    verdict: "unknown",
    problems: [expect.stringMatching(/^web-2: .*refused/)],
  });
  expect(servers.flatMap(({ pending }) => pending)).toEqual([]);
});

test("pending changes are separate from drift", () => {
  const [first, second] = reportFrom("pending").servers;
  expect(first?.drift.map(({ resource }) => resource)).toEqual(["web-1-backup-launcher"]);
  for (const one of [first, second]) {
    expect(one?.pending.map(({ change, path }) => [change, path])).toEqual([
      ["update", "/etc/cron.d/database-backups"],
      ["update", "/opt/database-backups/config.json"],
      ["create", "/opt/database-backups/ping-url"],
    ]);
  }
});

describe("a server is looked at itself", () => {
  test("not where nothing differs", () => {
    const preview = replay("clean");
    expect(serversOf(preview).map((one) => lookRequestOf(one, preview))).toEqual([null, null]);
  });

  test("for what differs on it", () => {
    const preview = replay("sensitive");
    expect(lookRequestOf(server(preview, "web-1"), preview)).toBeNull();
    const request = lookRequestOf(server(preview, "web-2"), preview);
    expect(request).toMatchObject({ stack: "database-backups/sandbox", requirements: null });
    expect(request?.events).toHaveLength(1);
  });

  test("whole, where the preview may not have seen everything", () => {
    const preview = replay("tampered");
    const request = lookRequestOf(server(preview, "web-2"), preview);
    expect(request?.connection).toMatchObject({ key: "web-2" });
    expect(request?.requirements?.commands).toContain("cron");
    expect(request?.events).toHaveLength(1);
  });

  test("with every requirement, those beside the others too: a problem seen must be looked at again", () => {
    const preview = replay("tampered");
    const later = {
      log: "/root/backup_database.log",
      executes: ["/root"],
      own: {
        ...{ cronTable: "/etc/cron.d/x", logRotation: "/etc/logrotate.d/x" },
        ...{ backupLauncher: "/root/x.sh", installation: "/opt/x" },
      },
      pathSettings: { "/root/backups": "paths.backups" },
      managed: ["shop"],
      formerStack: "p/before",
    };
    for (const [urn, event] of preview.resources)
      if (urn.endsWith("web-2-readiness")) {
        Object.assign(event.before ?? {}, later);
        Object.assign(event.desired ?? {}, later);
      }
    const request = lookRequestOf(server(preview, "web-2"), preview);
    expect(request?.requirements).toMatchObject({ ...later, commands: expect.arrayContaining(["cron"]) });
  });

  test("not where the machine is gone", () => {
    const preview = replay("tampered");
    preview.config["database-backups:decommissioned"] = '{"web-2":"forget"}';
    const gone = server(preview, "web-2");
    expect(lookRequestOf(gone, preview)).toBeNull();
    expect(reportOf(gone, null)).toMatchObject({ verdict: "as-deployed", problems: [] });
  });
});

describe("the findings about the server itself", () => {
  const down = server(replay("tampered"), "web-2");
  const looks = new Map();
  test("it is out of reach: the reason of the preview's look and of this one", () => {
    const report = reportOf(down, { reached: false, problems: ["web-2: no answer"] });
    expect(report.verdict).toBe("unknown");
    expect(report.problems).toEqual([...down.problems, "web-2: no answer"]);
  });
  test("it is reachable and ready again: its present answer counts", () => {
    expect(reportOf(down, { reached: true, problems: [], looks })).toMatchObject({
      verdict: "as-deployed",
      problems: [],
    });
  });
  test("it is there and unfit: drift", () => {
    const report = reportOf(down, { reached: true, problems: ["web-2: cron is not running"], looks });
    expect(report).toMatchObject({ verdict: "drift", problems: ["web-2: cron is not running"] });
  });
  test("a server that was never deployed and is unfit did not drift", () => {
    const fresh = {
      ...down,
      events: down.events.map((one) => ({ ...one, before: null, found: null })),
    };
    expect(reportOf(fresh, { reached: true, problems: ["web-2: no cron"], looks }).verdict).toBe(
      "as-deployed",
    );
  });
});

test("where the refresh was cut off, nothing is called as deployed", () => {
  const preview = replay("sensitive");
  const [first] = preview.resources.values();
  const metadata = { op: "refresh", urn: `${first?.urn}-2`, type: "docker:index/container:Container" };
  const old = { urn: metadata.urn, custom: true, inputs: {}, outputs: {} };
  addEvent(preview, JSON.stringify({ resourcePreEvent: { metadata: { ...metadata, old, new: old } } }));
  addEvent(preview, JSON.stringify({ resOpFailedEvent: { metadata: { ...metadata, old, new: old } } }));
  expect(preview.complete).toBe(false);
  const verdicts = serversOf(preview).map((one) => reportOf(one, null).verdict);
  expect(verdicts).toEqual(["unknown", "drift"]);
});

test("the exit code: what is not known outweighs drift", () => {
  const [drifted, unknown] = reportFrom("tampered").servers;
  const [clean] = reportFrom("clean").servers;
  if (!drifted || !unknown || !clean) throw new Error("servers are missing");
  expect(exitCodeOf([clean], [])).toBe(0);
  expect(exitCodeOf([clean, drifted], [])).toBe(2);
  expect(exitCodeOf([drifted, unknown], [])).toBe(1);
  expect(exitCodeOf([drifted], ["the program failed"])).toBe(1);
});
