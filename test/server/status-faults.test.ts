import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { docker } from "../sandbox/docker.ts";
import { resealed } from "./programs.ts";
import { backups, cronTable, name, type StatusServer, startStatusServer } from "./status-server.ts";

let server: StatusServer;

beforeAll(async () => {
  server = await startStatusServer();
  const first = await server.backUp();
  if (first.code !== 0) throw new Error(first.stderr);
});
afterAll(() => server?.sandbox.remove());
/** Each test restores the state of its server. */
afterEach(async () => {
  await server.configure({});
  await server.sandbox.writeFile(server.settings.paths.cronTable, cronTable, "0644");
});

/** Copies the newest backup to another day. */
const copyBackup = (days: number) =>
  server.sandbox.run(`cd ${backups} && m=$(ls -t ${name}_*.json | head -n 1) && s=\${m%.json} &&
    d=$(date -u -d '${days} days ago' +%Y%m%d_%H%M%S) && i=$(date -u -d '${days} days ago' +%Y-%m-%dT%H:%M:%SZ) &&
    cp $s.sql.gz ${name}_$d.sql.gz &&
    sed "s/$s/${name}_$d/; s/\\"createdAt\\": \\".*\\"/\\"createdAt\\": \\"$i\\"/" $m >${name}_$d.json && ${resealed(`${name}_$d.json`)}`);

describe("backups", () => {
  afterEach(async () => {
    await server.sandbox.run(`rm -rf ${backups} && mv ${backups}.kept ${backups}`);
  });
  const keep = () => server.sandbox.run(`cp -a ${backups} ${backups}.kept`);

  test("none, though the first is due: critical", async () => {
    await keep();
    await server.sandbox.run(`rm ${backups}/* && touch -d '3 days ago' ${server.settings.paths.cronTable}`);
    const { code, stdout } = await server.problems();
    expect(code).toBe(2);
    expect(stdout).toContain("there is no backup");
  });

  test("only old ones: critical", async () => {
    await keep();
    await copyBackup(5);
    await server.sandbox.run(
      `cd ${backups} && ls -t ${name}_* | grep -v $(date -u -d '5 days ago' +%Y%m%d) | xargs rm`,
    );
    expect(await server.pointOf("backup")).toMatchObject({ level: "critical" });
    expect((await server.problems()).stdout).toContain("too old");
  });

  test("much smaller than before: a warning", async () => {
    await keep();
    await server.sandbox.psql("CREATE TABLE large AS SELECT generate_series(1, 1000000) AS n");
    await server.backUp();
    await server.sandbox.psql("DROP TABLE large");
    await server.backUp();
    expect((await server.problems()).stdout).toMatch(/the newest backup shrank: .*rows 99 % smaller/);
  });

  test("never verified: a warning; changed since it was: critical", async () => {
    await keep();
    await server.sandbox.run(`rm ${backups}/*.json`);
    expect(await server.pointOf("backup")).toMatchObject({ level: "warning" });
    await server.sandbox.run(`cp -a ${backups}.kept/*.json ${backups} && echo x >>$(ls ${backups}/*.sql.gz)`);
    expect(await server.pointOf("backup")).toMatchObject({ level: "critical" });
  });
});

describe("schedule, disk and log", () => {
  const schedule = async () => (await server.report()).points.schedule;

  test("cron killed", async () => {
    await server.sandbox.run("kill -9 $(cat /run/crond.pid)");
    await expect.poll(async () => (await schedule()).level, { timeout: 30_000 }).toBe("critical");
    await server.sandbox.run("rm -f /run/crond.pid; cron");
    await expect.poll(async () => (await schedule()).level, { timeout: 30_000 }).toBe("ok");
  });

  test("cron table edited, opened to others, removed", async () => {
    const { cronTable: path } = server.settings.paths;
    await server.sandbox.run(`echo '# mine' >>${path}`);
    expect(await schedule()).toMatchObject({ level: "warning" });
    await server.sandbox.run(`chmod 0666 ${path}`);
    expect(await schedule()).toMatchObject({ level: "critical" });
    await server.sandbox.run(`rm ${path}`);
    expect(await schedule()).toMatchObject({ level: "critical" });
  });

  test("a run that was due and did not take place", async () => {
    const { stdout } = await server.sandbox.run("date -u -d '10 minutes ago' '+%M %H'");
    await server.sandbox.run(`touch -d '3 days ago' ${server.settings.paths.cronTable}`);
    await server.configure({ schedule: { ...server.settings.schedule, backup: `${stdout.trim()} * * *` } });
    await server.sandbox.run(`mv ${backups} ${backups}.kept; mv ${server.settings.paths.log} /root/log.kept`);
    const point = await schedule();
    await server.sandbox.run(`mv ${backups}.kept ${backups}; mv /root/log.kept ${server.settings.paths.log}`);
    expect(point.level).toBe("warning");
    expect(point.findings[0]?.text).toContain("did not take place");
  });

  test("a disk without room for another backup", async () => {
    const { monitoring } = server.settings;
    await server.configure({ monitoring: { ...monitoring, minimumFreeBytes: Number.MAX_SAFE_INTEGER } });
    expect(await server.problems()).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("no backup begins"),
    });
    await server.configure({ monitoring: { ...monitoring, diskWarningPercent: 1 } });
    expect((await server.report()).points.disk.level).toBe("warning");
  });

  test("a failed run in the log", async () => {
    await server.sandbox.stopDatabase();
    await server.backUp();
    const down = await server.problems();
    await server.sandbox.startDatabase();
    expect(down).toMatchObject({ code: 2, stdout: expect.stringContaining("is stopped") });
    const { points } = await server.report();
    expect(points.log).toMatchObject({ level: "warning" });
    expect(points.log.findings[0]?.text).toContain("failed");
    await server.backUp();
    expect((await server.report()).points.log.level).toBe("note");
  });
});

describe("the container", () => {
  test("removed, though there are backups: critical", async () => {
    await server.sandbox.removeDatabase();
    const { code, stdout } = await server.problems();
    await server.sandbox.startDatabase();
    expect(code).toBe(2);
    expect(stdout).toContain("there is no container");
  });

  test("without a mount of its data directory: critical", async () => {
    const image = await docker(["inspect", "--format", "{{.Config.Image}}", server.sandbox.container]);
    const unmounted = "database-backups-status-22-unmounted";
    await docker([
      "run",
      "--detach",
      "--rm",
      "--network",
      "none",
      "--name",
      unmounted,
      "--entrypoint",
      "sleep",
      image.trim(),
      "600",
    ]);
    await server.configure({
      databases: server.settings.databases.map((each) => ({ ...each, container: unmounted })),
    });
    const point = await server.pointOf("persistence");
    await docker(["rm", "--force", unmounted]);
    expect(point).toMatchObject({ level: "critical" });
  });

  test("not yet there, and no backup: healthy, with a note", async () => {
    await server.configure({
      databases: server.settings.databases.map((each) => ({ ...each, name: "new", container: "no-such-22" })),
    });
    expect(await server.problems()).toEqual({ code: 0, stdout: "" });
    expect(await server.pointOf("container")).toMatchObject({ level: "note" });
  });
});
