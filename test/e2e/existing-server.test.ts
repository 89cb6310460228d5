import { afterAll, beforeAll, expect, test } from "vitest";
import { type Deployment, prepareDeployment } from "./deployment.ts";

const directory = "/root/database_backups";
const good = ["curriculum_library_api_20250816_155503", "curriculum_library_api_20250817_020000"];
const broken = "curriculum_library_api_20250818_020000";
const replaced = "/opt/database-backups/replaced";

const handMade: Record<string, string> = {
  "/root/backup_database.sh": "#!/bin/bash\n# Backup script, installed by hand\n",
  "/root/check_database_status.sh": "#!/bin/bash\n# Status script, installed by hand\n",
  "/root/restore_database.sh": "#!/bin/bash\n# Restore script, installed by hand\n",
  "/root/backup_quick_reference.txt": "Quick reference, written by hand\n",
};

const otherLines = ["MAILTO=ops@example.org", "# the nightly jobs", "30 4 * * 0 /usr/bin/true"];
const crontab = [
  ...otherLines.slice(0, 2),
  "0 2 * * * /root/backup_database.sh >> /root/backup_database.log 2>&1",
  ...otherLines.slice(2),
];
const oldLog = "Sun Aug 17 02:00:01 UTC 2025: Backup completed successfully\n";

let deployment: Deployment;
let printed = "";

beforeAll(async () => {
  deployment = await prepareDeployment({});
  const { server, onServer } = deployment;
  for (const [path, content] of Object.entries(handMade)) await server.writeFile(path, content, "0755");
  await server.writeFile("/root/backup_database.log", oldLog);
  await server.run("crontab -u root -", { input: `${crontab.join("\n")}\n` });
  const dump = `docker exec ${server.container} pg_dump -U ${server.databaseUser} ${server.database} | gzip`;
  await onServer(`mkdir -p ${directory}`);
  for (const stem of good) await onServer(`${dump} > ${directory}/${stem}.sql.gz`);
  await onServer(`head -c 50000 ${directory}/${good[0]}.sql.gz > ${directory}/${broken}.sql.gz`);
  printed = await deployment.converge();
});

afterAll(() => deployment?.remove());

test.each(Object.entries(handMade))("%s is kept, and the person is told where", async (path, content) => {
  const place = new RegExp(`${replaced}/\\S+${path.replaceAll("/", "\\+")}`).exec(printed)?.[0] ?? "";
  expect(place, printed).not.toBe("");
  expect(await deployment.server.readFile(place)).toBe(content);
  expect(await deployment.server.readFile(path)).not.toBe(content);
});

test("its line in root's crontab is taken over, the others stay", async () => {
  expect(await deployment.onServer("crontab -u root -l")).toBe(`${otherLines.join("\n")}\n`);
  const kept = /\S+\+crontab-of-root/.exec(printed)?.[0] ?? "";
  expect(await deployment.server.readFile(kept)).toBe(`${crontab.join("\n")}\n`);
  expect(await deployment.server.readFile("/etc/cron.d/database-backups")).toMatch(
    /^0 2 \* \* \* root \/root\/backup_database\.sh/m,
  );
});

test("the old backups stay, are listed, and only root can read them", async () => {
  const list = await deployment.onServer("/root/restore_database.sh --list");
  for (const stem of [...good, broken]) expect(list).toContain(stem);
  expect(await deployment.onServer(`stat -c %a ${directory}`)).toBe("700\n");
});

test("the next backup verifies and adopts them once, and leaves the broken one alone", async () => {
  const hash = `sha256sum ${directory}/${broken}.sql.gz`;
  const before = await deployment.onServer(hash);
  const first = await deployment.onServer("/root/backup_database.sh");
  for (const stem of good) {
    expect(first).toContain(`adopted ${stem}.sql.gz`);
    const manifest = JSON.parse(await deployment.server.readFile(`${directory}/${stem}.json`));
    expect(manifest).toMatchObject({ adopted: true, archive: { file: `${stem}.sql.gz` } });
  }
  expect(first).toContain(`${broken}.sql.gz is left alone`);
  expect(await deployment.onServer("/root/backup_database.sh")).not.toContain("adopted");
  expect(await deployment.onServer(hash)).toBe(before);
  expect(await deployment.onServer(`ls ${directory}`)).not.toContain(`${broken}.json`);
});

test("the broken one is reported: in the log, in the list and by the status check", async () => {
  const warnings = await deployment.onServer(`grep ' warning ' /root/backup_database.log`);
  expect(warnings).toContain(`${broken}.sql.gz is left alone`);
  const list = await deployment.onServer("/root/restore_database.sh --list");
  expect(list.slice(list.indexOf(broken)).split("\n")[1]).toContain("never verified");
  const status = await deployment.onServer("/root/check_database_status.sh");
  expect(status).toContain(`never verified, not counted: ${broken}.sql.gz`);
  expect(status).toContain("status healthy");
});

test("the hand-made log is continued", async () => {
  const log = await deployment.server.readFile("/root/backup_database.log");
  expect(log.startsWith(oldLog)).toBe(true);
  expect(log).toContain("backup finished");
});

test("the second up changes nothing", async () => {
  await deployment.converge("--expect-no-changes");
});
