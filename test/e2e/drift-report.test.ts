import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Drift, DriftReport } from "../../infra/drift/report.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { printed } from "./deployment.ts";
import { drift, driftReport, stateDigest } from "./drift-report.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { configurationOf, traces } from "./servers.ts";
import { changes, keptBody, removals, type Tampering } from "./tamperings.ts";

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet([{}, {}]);
  configure({});
  await mend();
});

afterAll(() => fleet?.remove());

const pingUrl = "https://ping.example/c0ffee-address/{server}";

function configure(more: Record<string, unknown>): void {
  const { first, second, stack } = fleet;
  stack.configure({ ...configurationOf(first, second), monitoring: { pingUrl }, ...more });
}

async function mend(): Promise<void> {
  const { code, text } = await fleet.up("--skip-preview");
  expect(code, text).toBe(0);
}

/** Runs the report. Checks that neither the servers nor the state are written. */
async function untouched<Result>(work: () => Promise<Result>, ...servers: SandboxServer[]): Promise<Result> {
  const look = async () => [stateDigest(fleet.stack), ...(await Promise.all(servers.map(traces)))];
  const before = await look();
  const result = await work();
  expect(await look()).toEqual(before);
  return result;
}

const serverIn = (report: DriftReport, { alias }: SandboxServer) =>
  report.servers.find(({ key }) => key === alias);

const driftOn = (report: DriftReport, server: SandboxServer, purpose: string): Drift | undefined =>
  serverIn(report, server)?.drift.find(({ resource }) => resource === `${server.alias}-${purpose}`);

test("nothing was changed: exit code 0, one login to each server", async () => {
  const { first, second, stack } = fleet;
  const before = await Promise.all([first.logins(), second.logins()]);
  const { code, report } = await untouched(() => driftReport(stack), first, second);
  expect(code, JSON.stringify(report)).toBe(0);
  expect(report).toMatchObject({
    stack: "sandbox",
    exitCode: 0,
    failures: [],
    summary: "2 servers: 2 as deployed",
  });
  expect(report.servers.map(({ verdict, drift, pending }) => [verdict, drift, pending])).toEqual([
    ["as-deployed", [], []],
    ["as-deployed", [], []],
  ]);
  const after = await Promise.all([first.logins(), second.logins()]);
  expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1]);
});

/** The expected text of the report about a tampering, without its path. */
function saying({ what, operation, shown }: Tampering): Partial<Drift> {
  const change =
    operation === "create" ? "missing" : shown.join().includes("obstacle") ? "obstructed" : "changed";
  const property = /^(\w+) ?: "(.+)" => "(.+)"$/.exec(shown.join());
  const ofCronTable = [
    { name: "foreignEntries", before: [], after: ["0 3 * * * /root/backup_database.sh --quiet"] },
    { name: "links", before: null, after: 2 },
  ];
  const said: Partial<Record<string, Partial<Drift>>> = {
    "content of a plain file": { diff: expect.stringContaining(`\n+${keptBody}\n`) },
    "content of a program": { diff: null },
    "edited cron table": { diff: expect.stringMatching(/\n-0 2 .*\n\+5 2 /) },
    "line in root's crontab that runs the backup twice": { properties: ofCronTable },
    "a second name of the cron table, for which cron ignores it": { properties: ofCronTable },
  };
  const [name = "", found = "", wanted = ""] = property?.slice(1) ?? [];
  const properties = property === null ? {} : { properties: [{ name, before: wanted, after: found }] };
  return { change, ...properties, ...said[what] };
}

for (const [round, tamperings] of [
  ["changed", changes],
  ["taken away", removals],
] as const) {
  test(`things that are ${round}: each is reported with the change, on its server alone`, async () => {
    const { first, second, stack } = fleet;
    for (const { command } of tamperings) printed(await first.run(command));
    const logins = await first.logins();
    const markdown = join(stack.directory, "summary.md");
    writeFileSync(markdown, "Before\n");
    const words = ["--markdown", markdown];
    const { code, report } = await untouched(() => driftReport(stack, words), first, second);
    expect(code, JSON.stringify(report)).toBe(2);
    expect((await first.logins()) - logins).toBe(2);
    expect(serverIn(report, second)?.verdict).toBe("as-deployed");
    expect(serverIn(report, first)).toMatchObject({ verdict: "drift", problems: [], pending: [] });
    for (const tampering of tamperings) {
      const found = driftOn(report, first, tampering.resource);
      expect(found, tampering.what).toMatchObject(saying(tampering));
      expect(found?.path, tampering.what).toContain(tampering.path);
    }
    const summary = readFileSync(markdown, "utf8");
    expect(summary).toMatch(/^Before\n## Drift of the stack `sandbox`\n/);
    for (const { path } of tamperings) expect(summary).toContain(path);
    await mend();
  });
}

test("no word of a sensitive file comes out, edited or not", async () => {
  const { first, second, stack } = fleet;
  const edit = "echo 'https://elsewhere.example/deadbeef-address' > /opt/database-backups/ping-url";
  printed(
    await second.run(
      `${edit}; for file in /opt/database-backups/programs/*; do echo 'exfiltrate()' >> $file; done`,
    ),
  );
  const markdown = join(stack.directory, "sensitive.md");
  const outputs = await untouched(
    async () => [await drift(stack, ["--json", "--markdown", markdown]), await drift(stack, [])],
    first,
    second,
  );
  const texts = [...outputs.map(({ stdout, stderr }) => stdout + stderr), readFileSync(markdown, "utf8")];
  for (const text of texts) {
    expect(text).toContain("/opt/database-backups/ping-url");
    expect(text).toMatch(/sha256/);
    expect(text).not.toMatch(/deadbeef|c0ffee|exfiltrate/);
  }
  expect(outputs.map(({ code }) => code)).toEqual([2, 2]);
  await mend();
});

test("a change that `pulumi refresh` has put into the state is still drift", async () => {
  const { first, stack } = fleet;
  const edit = `echo '${keptBody}' >> /root/backup_quick_reference.txt`;
  printed(await first.run(`${edit}; rm /root/check_database_status.sh; chmod 755 /root/backup_database.sh`));
  printed(await stack.pulumi(["refresh", "--yes"]));
  const { code, report } = await driftReport(stack);
  expect(code, JSON.stringify(report)).toBe(2);
  expect(driftOn(report, first, "quick-reference")?.diff).toContain(`+${keptBody}`);
  expect(driftOn(report, first, "status-launcher")?.change).toBe("missing");
  expect(driftOn(report, first, "backup-launcher")?.properties[0]).toMatchObject({ after: "0755" });
  expect(serverIn(report, first)?.pending).toEqual([]);
  await mend();
});

test("a change of the configuration is pending and no drift; with a hand's edit it is both", async () => {
  const { first, second, stack } = fleet;
  configure({ backups: { schedule: "30 3 * * *" } });
  const waiting = await untouched(() => driftReport(stack), first, second);
  expect(waiting.code, JSON.stringify(waiting.report)).toBe(0);
  for (const { verdict, drift, pending } of waiting.report.servers) {
    expect([verdict, drift]).toEqual(["as-deployed", []]);
    const table = pending.find(({ path }) => path === "/etc/cron.d/database-backups");
    expect(table).toMatchObject({ change: "update", diff: expect.stringMatching(/\n-0 2 .*\n\+30 3 /) });
  }

  printed(await first.run("sed -i 's/^0 2 /5 2 /' /etc/cron.d/database-backups"));
  const both = await driftReport(stack);
  expect(both.code).toBe(2);
  expect(driftOn(both.report, first, "cron-table")?.diff).toMatch(/\n-0 2 .*\n\+5 2 /);
  expect(serverIn(both.report, first)?.pending.map(({ resource }) => resource)).toContain(
    `${first.alias}-cron-table`,
  );

  printed(await first.run("sed -i 's/^5 2 /30 3 /' /etc/cron.d/database-backups"));
  const ahead = await driftReport(stack);
  expect(ahead.code, JSON.stringify(ahead.report)).toBe(0);
  configure({});
  await mend();
});

test("a server that has another key by now is the one that was deployed", async () => {
  const { first, second, stack } = fleet;
  const { servers, ...common } = configurationOf(first, second);
  const [entry, other] = Object.values(Object(servers));
  const renamed = { "web-1": { ...Object(entry), formerly: first.alias }, [second.alias]: other };
  stack.configure({ ...common, monitoring: { pingUrl }, servers: renamed });
  printed(await first.run(`echo '${keptBody}' >> /root/backup_quick_reference.txt`));
  const { code, report } = await driftReport(stack);
  expect(code, JSON.stringify(report)).toBe(2);
  const server = report.servers.find(({ key }) => key === "web-1");
  expect(server).toMatchObject({ host: first.alias, deployed: true, problems: [] });
  expect(server?.drift).toMatchObject([
    { resource: "web-1-quick-reference", diff: expect.stringContaining(`+${keptBody}`) },
  ]);
  expect(server?.pending.map(({ change }) => change)).not.toContain("create");
  configure({});
  await mend();
});

describe("a server that is down", () => {
  test("is reported with the reason, and the drift of the other one all the same: exit code 1", async () => {
    const { first, second, stack } = fleet;
    printed(await first.run("chmod 755 /root/backup_database.sh"));
    await second.stop();
    const { code, report } = await untouched(() => driftReport(stack), first);
    expect(code, JSON.stringify(report)).toBe(1);
    expect(report.failures).toEqual([]);
    expect(serverIn(report, second)).toMatchObject({
      verdict: "unknown",
      problems: [expect.stringMatching(/could not be reached over ssh: .*Connection refused/)],
      drift: [],
    });
    expect(driftOn(report, first, "backup-launcher")?.properties).toEqual([
      { name: "mode", before: "0700", after: "0755" },
    ]);
    const { code: reported, stdout } = await drift(stack, []);
    expect(reported).toBe(1);
    expect(stdout).toMatch(new RegExp(`${second.alias}: could not be looked at\n.*Connection refused`));

    const others = await driftReport(stack, ["--only", `*${first.number}`]);
    expect(others.code).toBe(2);
    expect(others.report.servers.map(({ key }) => key)).toEqual([first.alias]);
    await second.start();
    await mend();
  });

  test("and one that is up and unfit is drift: it was looked at", async () => {
    const { first, second, stack } = fleet;
    printed(await second.run("chmod 755 /root/restore_database.sh; kill $(pgrep -x cron)"));
    const { code, report } = await untouched(() => driftReport(stack), first, second);
    expect(code, JSON.stringify(report)).toBe(2);
    expect(serverIn(report, second)).toMatchObject({
      verdict: "drift",
      problems: [expect.stringMatching(/cron/)],
      drift: [{ resource: `${second.alias}-restore-launcher`, change: "changed" }],
    });
    printed(await second.run("cron"));
    await mend();
  });
});
