import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { live, startWithProvenBackup } from "./in-place-server.ts";
import { backups, name, type RestoreServer } from "./restore-server.ts";

/**
 * A wrapper of docker, first on PATH. It counts the containers that are started in /tmp/started. At the moment AT of the
 * run a client of the live database, or of AMONG, executes WRITE up to TRIES times; the answer is in /tmp/client. FAIL
 * makes pg_dump fail. The moment of the dump is when pg_dump gets its snapshot.
 */
const watching = `#!/bin/sh
client() {
  try=0
  until /usr/bin/docker exec --env PGAPPNAME= "$CONTAINER" psql -X -U curriculum_library_api \\
    -d "\${AMONG:-curriculum_library_api_production}" -c "$WRITE" >/tmp/client 2>&1 || [ $((try += 1)) -ge "$TRIES" ]; do :; done
}
case "$*" in
  "run "*) echo x >>/tmp/started; [ "$AT" != trial ] || client ;;
  *" pg_dump "*)
    [ -z "$FAIL" ] || { echo "pg_dump: error: no dump today" >&2; exit 1; }
    [ "$AT" != dump ] || { { read -r order; client; echo "$order"; } | /usr/bin/docker "$@"; exit; } ;;
esac
exec /usr/bin/docker "$@"
`;

let server: RestoreServer;
/** A rehearsal has proven it. */
let archive: string;
let present: string;
const watched = (words = "") =>
  `rm -f /tmp/started /tmp/client; touch /tmp/started /tmp/client; PATH="/opt/test/bin:$PATH" CONTAINER=${server.sandbox.container} ${words}`;
const started = async () => Number((await server.sandbox.run("wc -l </tmp/started")).stdout);

beforeAll(async () => {
  ({ server, archive } = await startWithProvenBackup());
  await server.sandbox.writeFile("/opt/test/bin/docker", watching, "0755");
  present = await server.hash();
});

afterAll(() => server?.remove());

/** The containers of this server's runs, by its log, because all sandboxes share Docker and the database's name. */
const leftContainers = () =>
  server.sandbox.run(`for container in $(docker ps --all --format '{{.Names}}' | grep "rehearsal-${name}-2"); do
    grep -q -- "\${container#*rehearsal-${name}-}" ${server.settings.paths.log} && echo "$container"
  done; true`);

/** Checks that the live database is unchanged, that clients can write to it, and that nothing is left of the run. */
async function nothingLost(died = false): Promise<void> {
  const { sandbox } = server;
  // The session of a crashed program ends only when Docker has noticed it.
  await sandbox.psql(
    "set lock_timeout = '10s'; insert into wares values (3, 'client'); delete from wares where id = 3",
  );
  expect(await server.hash()).toBe(present);
  expect(await server.databases()).toEqual([live]);
  // The drop is recorded just before it happens.
  if (died) await server.backUp();
  expect((await sandbox.run(`ls ${backups}/.${name}.in-place.*`)).code).not.toBe(0);
}

describe("reasons not to drop the live database", () => {
  test("content that is not compared in full, and no room for a trial: refused, by --dry-run too", async () => {
    const { sandbox, settings } = server;
    const impossible: [Partial<typeof settings>, number, RegExp][] = [
      [
        { manifest: "rows" },
        1,
        /backups\.manifest is rows, .* is not dropped.*"In place, by hand".* \[DBK-INPLACE-1\]/,
      ],
      [
        { monitoring: { ...settings.monitoring, minimumFreeBytes: 2 ** 52 } },
        73,
        /not enough space for the rehearsal: .* free, .* needed/,
      ],
    ];
    for (const [changed, code, says] of impossible) {
      await sandbox.writeFile("/tmp/impossible.json", JSON.stringify({ ...settings, ...changed }), "0600");
      for (const words of ["--dry-run", "--yes"]) {
        const refused = await server.restore(
          `--settings /tmp/impossible.json ${words} --in-place ${archive}`,
        );
        expect(`${refused.stdout}${refused.stderr}`).toMatch(says);
        expect(refused.code).toBe(code);
      }
    }
    await nothingLost();
  });

  test("no space for podman's volumes; podman answers differently than Docker", async () => {
    const { sandbox, settings } = server;
    const podman = `#!/bin/sh
case "$*" in
  "info --format {{.DockerRootDir}}") echo "can't evaluate field DockerRootDir in type *define.Info" >&2; exit 125 ;;
  "info --format {{.Store.VolumePath}}") echo /var/tmp; exit ;;
esac
exec /usr/bin/docker "$@"
`;
    await sandbox.writeFile("/opt/test/podman/docker", podman, "0755");
    const monitoring = { ...settings.monitoring, minimumFreeBytes: 2 ** 52 };
    await sandbox.writeFile("/tmp/impossible.json", JSON.stringify({ ...settings, monitoring }), "0600");
    const planned = async (words: string) =>
      (await server.restore(`${words} --dry-run --in-place ${archive}`, 'PATH="/opt/test/podman:$PATH"'))
        .stdout;
    expect(await planned("")).toMatch(/trial here: .* in \/var\/tmp, .* free/);
    expect(await planned("--settings /tmp/impossible.json")).toMatch(
      /NOT POSSIBLE: no backup can be restored/,
    );
  });

  test("a live database that cannot be backed up", async () => {
    const failed = await server.restore(`--yes --in-place ${archive}`, watched("FAIL=yes"));
    expect(failed.stderr).toMatch(/no dump today/);
    expect(failed.stdout).toMatch(/clients can connect to \S+ again; it is unchanged/);
    expect(failed.code).toBe(1);
    expect(await started()).toBe(0);
    await nothingLost();
  });

  test("a client's write to a large object during the backup, which no lock can exclude", async () => {
    const write = `AT=dump TRIES=99 WRITE="select lo_put(4711, 0, 'by a client')"`;
    const failed = await server.restore(`--yes --in-place ${archive}`, watched(write));
    await server.sandbox.psql("select lo_put(4711, 0, 'in the backup')");
    expect(failed.stderr).toMatch(
      /a client wrote to large objects of .* while it was backed up; nothing has changed/,
    );
    expect(failed.code).toBe(1);
    await nothingLost();
  });

  test("a client's new function during the backup, which itself must be able to create functions", async () => {
    const write = `AT=dump TRIES=99 WRITE="create function by_client() returns int language sql as 'select 1'"`;
    const failed = await server.restore(`--yes --in-place ${archive}`, watched(write));
    await server.sandbox.psql("drop function by_client");
    expect(failed.stderr).toMatch(
      /a client changed functions or schemas of .* while it was backed up; nothing has changed/,
    );
    expect(failed.code).toBe(1);
    await nothingLost();
  });
});

test("properties changed from another database while the backup is proven: refused, and kept", async () => {
  const { sandbox } = server;
  const write = `AT=trial AMONG=template1 TRIES=9 WRITE="alter database ${live} set app.address = 'a new one'; comment on database ${live} is 'new'"`;
  const refused = await server.restore(`--yes --in-place ${archive}`, watched(write));
  expect(refused.stderr).toMatch(
    /\S+ was changed after its backup began: comment is "new" instead of null; settings differ in app\.address; run it again \[DBK-INPLACE-4\]; nothing was lost/,
  );
  expect(refused.stderr).not.toContain("a new one");
  expect(refused.code).toBe(1);
  expect(await sandbox.psql("show app.address")).toBe("a new one");
  await sandbox.psql(`alter database ${live} reset app.address; comment on database ${live} is null`);
  await nothingLost();
});

test("killed or interrupted at any step before the drop: clients can connect again and nothing is lost", async () => {
  const { sandbox } = server;
  const proven = archive.replace(/sql\.gz$/, "rehearsal.json");
  const moments: [step: string, signal: string, line: string][] = [
    ["the proof of the file", "KILL", "rehearsal started"],
    ["the proof of the file", "INT", "rehearsal started"],
    ["the shut-out", "KILL", "clients are shut out"],
    ["the backup", "KILL", "backup started, before a restore"],
    ["the backup", "TERM", "backup started, before a restore"],
    ["the proof of the backup", "KILL", "rehearsal started"],
    ["the proof of the backup", "INT", "rehearsal started"],
    ["just before the drop", "KILL", "rehearsal finished"],
  ];
  for (const [step, signal, line] of moments) {
    const hides = step === "the proof of the file";
    if (hides) await sandbox.run(`mv ${proven} /tmp/proven`);
    const killed = await sandbox.run(`cd /tmp; from=$(wc -l </root/backup_database.log)
      setsid ${server.command} --yes --in-place ${archive} </dev/null >/tmp/out 2>&1 & pid=$!
      until tail -n +$((from + 1)) /root/backup_database.log | grep -q '${line}'; do sleep 0.02; kill -0 $pid || break; done
      kill -${signal} $pid; wait $pid; code=$?; cat /tmp/out; exit $code`);
    if (hides) await sandbox.run(`mv /tmp/proven ${proven}`);
    expect([step, signal, killed.code]).toEqual([step, signal, signal === "KILL" ? 137 : 1]);
    await nothingLost(step === "just before the drop");
    if (signal !== "KILL") expect((await leftContainers()).stdout).toBe("");
  }
});

test("a file that a rehearsal has proven is not proven again, and sessions that write meanwhile are terminated", async () => {
  const { sandbox } = server;
  const record = archive.replace(/sql\.gz$/, "rehearsal.json");
  await sandbox.run(`cp ${record} /tmp/record && sed -i '/"materializedViews": 1,/d' ${record}`);
  const older = await server.restore(`--dry-run --in-place ${archive}`);
  await sandbox.run(`mv /tmp/record ${record}`);
  expect(older.stdout).toMatch(
    /prove the file: rehearsal \S+ \(.*\), by older programs, did not compare its materialized views; it is restored on trial/,
  );
  const planned = await server.restore(`--dry-run --in-place ${archive}`);
  expect(planned.stdout).toMatch(/prove the file: rehearsal \S+ restored and compared it/);
  expect(planned.stdout).toMatch(/It could be done\.\n$/);
  expect(planned.code).toBe(0);
  const write = `AT=trial TRIES=1 WRITE="insert into wares values (9, 'lost')"`;
  const restored = await server.restore(`--yes --in-place ${archive}`, watched(write));
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  // While clients cannot write, the backup could still evaluate the view.
  const before = (await sandbox.run(`ls -t ${backups}/*.json | grep -v rehearsal | head -n 1`)).stdout.trim();
  const { class: kind, content } = JSON.parse(await sandbox.readFile(before));
  expect(kind).toBe("pre-restore");
  expect(content.materializedViews).toEqual([
    { schema: "public", name: "wares_seen", populated: true, rows: 1, hash: expect.any(String) },
  ]);
  // The trial of the present state only.
  expect(await started()).toBe(1);
  expect(await sandbox.readFile("/tmp/client")).toMatch(
    /terminating connection due to administrator command/,
  );
  expect(await sandbox.psql("select string_agg(what, ',' order by id) from wares")).toBe("in the backup");
  expect(await server.databases()).toEqual([live]);
  expect((await leftContainers()).stdout).toBe("");
  expect((await sandbox.run(`ls ${backups}/.${name}.in-place.*`)).code).not.toBe(0);
});

test("rows that violate their own constraint: refused before the drop, as file and as present state", async () => {
  const { sandbox } = server;
  await sandbox.psql(`create table makers (id int primary key);
    create table makes (id int primary key, maker int references makers);
    set session_replication_role = replica; insert into makes values (1, 99)`);
  const orphans = await server.backUp();
  present = await server.hash();
  const record = orphans.replace(/sql\.gz$/, "rehearsal.json");

  const file = await server.restore(`--yes --in-place ${orphans}`, watched());
  expect(file.stderr).toMatch(
    /is not proven to restore, so \S+ is not dropped: .*"In place, by hand".*\[DBK-INPLACE-1\]/s,
  );
  expect(file.code).toBe(1);
  expect(await started()).toBe(1);
  expect(JSON.parse(await sandbox.readFile(record))).toMatchObject({ result: "failed" });
  await nothingLost();

  const planned = await server.restore(`--dry-run --in-place ${orphans}`);
  expect(planned.stdout).toMatch(
    /prove the file\n +NOT POSSIBLE: rehearsal \S+ \(.*\) could not restore it: /,
  );
  expect(planned.stdout).toMatch(/It could not be done\.\n$/);
  expect(planned.code).toBe(1);

  const state = await server.restore(`--yes --in-place ${archive}`, watched());
  expect(state.stderr).toMatch(/_\d{6}\.sql\.gz is not proven to restore, so .*\[DBK-INPLACE-1\]/);
  expect(state.stdout).toMatch(/clients can connect to \S+ again; it is unchanged/);
  expect(state.code).toBe(1);
  await nothingLost();
});
