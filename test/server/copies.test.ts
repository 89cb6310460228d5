import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Settings } from "../../scripts/contract/settings.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { startServer } from "../sandbox/server.ts";
import { ensureRclone } from "../sandbox/set-up/rclone.ts";
import { backups, commandOf, name, putPrograms, settingsFile, settingsFor } from "./programs.ts";

/** A store of S3 on the server itself, by rclone, with a directory below /srv/store that a test may damage. */
const store = "/srv/store/acme/web1";
const secret = "very-secret-access-key-of-the-store";
const key = "5a".repeat(32);
const launcher = "/root/copy_backups.sh";

let sandbox: SandboxServer;
let settings: Settings;

beforeAll(async () => {
  sandbox = await startServer();
  const programs = [
    ...(["backup_database", "copy_backups", "restore_database"] as const),
    ...(["check_database_status", "prune_backups"] as const),
  ];
  await putPrograms(sandbox, programs);
  await sandbox.run("mkdir -p /opt/test/bin /srv/store/acme");
  await sandbox.copyIn(await ensureRclone(), "/opt/test/bin/rclone");
  await sandbox.writeFile(launcher, `#!/bin/sh\nexec ${commandOf(sandbox, "copy_backups")} "$@"\n`, "0700");
  await sandbox.writeFile("/opt/test/copy-key", `${key}\n`, "0600");
  const secrets = { options: { secret_access_key: secret }, passwords: {} };
  await sandbox.writeFile("/opt/test/store-objects", JSON.stringify(secrets), "0600");
  const own = settingsFor(sandbox);
  settings = {
    ...own,
    paths: { ...own.paths, copyLauncher: launcher },
    copies: {
      rclone: "/opt/test/bin/rclone",
      keyFile: "/opt/test/copy-key",
      stores: [
        {
          ...{ name: "objects", type: "s3", place: "bucket acme of this server", path: "acme/web1" },
          options: {
            ...{ type: "s3", provider: "Other", endpoint: "http://127.0.0.1:9000", access_key_id: "test" },
            ...{ force_path_style: "true", no_check_bucket: "true", use_multipart_etag: "true" },
            ...{ upload_cutoff: "16Mi", chunk_size: "16Mi" },
          },
          ...{ secretsFile: "/opt/test/store-objects", deletes: "never", verify: "full" },
          schedule: "20 * * * *",
          retention: { days: 30, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
        },
      ],
    },
  };
  await sandbox.writeFile(settingsFile, JSON.stringify(settings), "0600");
  await startStore();
});
afterAll(() => sandbox?.remove());

const startStore = () =>
  sandbox.run(
    `setsid /opt/test/bin/rclone serve s3 --addr 127.0.0.1:9000 --auth-key test,${secret} /srv/store </dev/null >/var/log/store 2>&1 &
    until grep -q Starting /var/log/store; do sleep 0.1; done; pgrep -f 'rclone serve' >/run/store.pid`,
  );
const stopStore = () => sandbox.run("kill $(cat /run/store.pid); : >/var/log/store");

const run = (program: Parameters<typeof commandOf>[1], words = "") =>
  sandbox.run(`env -i ${commandOf(sandbox, program)} ${words}`);
/** A run that the end of a backup started may be at work; then it copies what is new too. */
async function copying(words = "") {
  for (;;) {
    const { code, stdout, stderr } = await run("copy_backups", `--json ${words}`);
    if (code !== 75) return { code, stderr, result: JSON.parse(stdout) };
    await sleep(200);
  }
}
const listing = async (directory: string) =>
  (await sandbox.run(`ls ${directory}`)).stdout.split("\n").filter((one) => one !== "");
const newest = async () => (await listing(backups)).filter((one) => one.endsWith(".sql.gz")).at(-1) ?? "";
const storePoint = async () => {
  const { stdout } = await run("check_database_status", "--json");
  return JSON.parse(stdout).stores[0];
};
const content = () => sandbox.psql("SELECT count(*), sum(hashtext(t::text)) FROM lessons AS t");

/** The copy of a backup is whole at the store. */
async function isCopied(archive: string): Promise<void> {
  const stem = archive.replace(/\.sql\.gz$/, "");
  await expect
    .poll(() => listing(store), { timeout: 30_000 })
    .toEqual(expect.arrayContaining([`${stem}.copy.json`, `${stem}.json`, `${stem}.roles.sql`, archive]));
  expect((await sandbox.run(`cmp ${backups}/${archive} ${store}/${archive}`)).code).toBe(0);
}

test("a backup's end starts the copying, and the status says that a copy was read back", async () => {
  expect(await run("backup_database")).toMatchObject({ code: 0, stderr: "" });
  await isCopied(await newest());
  await expect.poll(async () => (await storePoint()).copies, { timeout: 20_000 }).toBe(1);
  expect(await storePoint()).toMatchObject({ name: "objects", point: { number: 9, level: "ok" } });
  expect(await copying()).toMatchObject({ code: 0, result: { stores: [{ copied: [], error: null }] } });
});

test("no secret is in the log, the records, a process's arguments or what a copy run prints", async () => {
  const watched = await sandbox.run(
    `{ while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; sleep 0.01; done; } >/tmp/seen & watcher=$!
    rm -f ${store}/*.copy.json; env -i ${commandOf(sandbox, "copy_backups")}; kill $watcher
    grep -c 'rclone.*copyto' /tmp/seen`,
  );
  expect(watched.code).toBe(0);
  // The store itself was started with its key in its arguments.
  const search = `cat /tmp/seen /root/backup_database.log ${backups}/.runs-* ${backups}/.copies-* | grep -v 'serve s3'`;
  expect((await sandbox.run(`${search} | grep -c '${secret}\\|${key}'`)).stdout.trim()).toBe("0");
  expect(watched.stdout + watched.stderr).not.toContain(secret);
});

test("without the disk of the backups no run says that all have a copy, and nothing is written below it", async () => {
  await sandbox.run(`cp /etc/fstab /tmp/fstab; echo "/dev/none ${backups} ext4 defaults 0 0" >>/etc/fstab`);
  const before = await listing(`-A ${backups}`);
  const { code, result } = await copying();
  await sandbox.run("cat /tmp/fstab >/etc/fstab");
  expect(code).toBe(1);
  expect(result.stores[0].error).toMatch(/is not mounted.*\[DBK-BACKUP-2\]/);
  expect(await listing(`-A ${backups}`)).toEqual(before);
});

describe("while the store is down", () => {
  beforeAll(() => stopStore());
  afterAll(() => startStore());

  test("a backup is good all the same, its copy waits, and the run says why", async () => {
    expect(await run("backup_database")).toMatchObject({ code: 0, stderr: "" });
    const { code, result } = await copying();
    expect(code).toBe(69);
    expect(result.stores[0]).toMatchObject({
      ...{ exitCode: 69, pending: 1, copied: [] },
      error: expect.stringMatching(/store objects \(bucket acme of this server\).*refused.*\[DBK-REMOTE-8\]/),
    });
  });
});

test("when the store is there again, what waited is copied", async () => {
  const { code, result } = await copying();
  expect({ code, pending: result.stores[0].pending }).toEqual({ code: 0, pending: 0 });
  await isCopied(await newest());
});

test.each([0.05, 0.2, 0.5])(
  "a copy run that is killed after %s s leaves nothing that counts, and the next one does it",
  async (seconds) => {
    expect(await run("backup_database")).toMatchObject({ code: 0 });
    await sandbox.run(`sleep ${seconds}; pkill -KILL -f copy_backups.cjs; pkill -KILL -x rclone -f copyto`);
    expect(await copying()).toMatchObject({ code: 0, result: { stores: [{ pending: 0 }] } });
    await isCopied(await newest());
  },
);

test("a copy that was damaged at the store is found, said, and refused by a restore", async () => {
  const archive = await newest();
  await sandbox.run(
    `cp ${store}/${archive} /tmp/kept; printf x | dd of=${store}/${archive} bs=1 seek=500 conv=notrunc`,
  );
  await sandbox.run(`mv ${backups} /root/kept && mkdir -m 700 ${backups}`);
  const live = await content();
  const refused = await run("restore_database", "--from objects --latest --yes");
  expect(refused.code).toBe(65);
  expect(refused.stderr).toMatch(/damaged: its sha256 is not the marker's/);
  expect(await content()).toBe(live);
  expect(await listing(backups)).toEqual([]);
  await sandbox.run(
    `rmdir ${backups}; rm -rf ${backups}; mv /root/kept ${backups}; cp /tmp/kept ${store}/${archive}`,
  );
});

describe("the server's disk is lost", () => {
  let lived: string;
  let copies: string[];

  beforeAll(async () => {
    lived = await content();
    copies = await listing(store);
    await sandbox.run(`rm -rf ${backups}`);
    await sandbox.psql("DROP TABLE lessons CASCADE");
  });

  test("the store lists what there is", async () => {
    const { stdout, code } = await run("restore_database", "--from objects --list");
    expect(code).toBe(0);
    for (const marker of copies.filter((one) => one.endsWith(".copy.json")))
      expect(stdout).toContain(marker.replace(".copy.json", ""));
  });

  test("one command brings the newest back, equal to what was backed up", async () => {
    const restored = await run("restore_database", "--from objects --latest --yes");
    expect(restored).toMatchObject({ code: 0, stderr: "" });
    expect(await content()).toBe(lived);
  });

  test("a new machine of the same server may fetch, and copies only when a person lets it take over", async () => {
    await sandbox.run(
      "cp /etc/machine-id /tmp/old-id; echo 00000000000000000000000000000001 >/etc/machine-id",
    );
    expect(await run("copy_backups", `--fetch --store objects ${name}`)).toMatchObject({ code: 65 });
    expect(await run("backup_database")).toMatchObject({ code: 0 });
    expect(await copying()).toMatchObject({
      code: 77,
      result: { stores: [{ error: expect.stringContaining("--take-over") }] },
    });
    expect(await copying("--store objects --take-over")).toMatchObject({ code: 0 });
    expect(await copying()).toMatchObject({ code: 0, result: { stores: [{ pending: 0 }] } });
  });
});
