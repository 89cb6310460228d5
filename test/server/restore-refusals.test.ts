import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withProgram } from "./container-program.ts";
import { resealed } from "./programs.ts";
import { name, type RestoreServer, startRestoreServer } from "./restore-server.ts";

const backups = "/root/database_backups";
let server: RestoreServer;
let archive: string;
let live: string;

beforeAll(async () => {
  server = await startRestoreServer();
  archive = await server.backUp();
  live = await server.hash();
});

afterAll(() => server?.remove());

/** `prepare` gets the good backup as $1 and writes the file that must be refused to $2. */
const files: {
  what: string;
  prepare: string;
  code: number;
  says: RegExp;
  file?: string;
  restricted?: boolean;
}[] = [
  { what: "missing", prepare: ":", code: 65, says: /does not exist/ },
  { what: "empty", prepare: ': >"$2"', code: 65, says: /is empty/ },
  { what: "cut off", prepare: 'head -c 100000 "$1" >"$2"', code: 65, says: /is cut off/ },
  {
    what: "with bytes after its end",
    prepare: 'cat "$1" >"$2"; echo x >>"$2"',
    code: 65,
    says: /bytes after its end|damaged/,
  },
  {
    what: "no gzip file",
    prepare: 'gunzip -c "$1" >"$2"',
    code: 65,
    says: /is neither a gzip nor a zstd file/,
  },
  {
    what: "of half a dump",
    prepare: 'gunzip -c "$1" | head -n 300 | gzip >"$2"',
    code: 65,
    says: /complete/,
  },
  {
    what: "changed by one bit",
    prepare: `${copied()}; ${flipOneBit()}`,
    code: 65,
    says: /damaged|has changed|cut off/,
  },
  {
    what: "changed, with its checksums made again",
    prepare: `${copied()}; gunzip -c "$1" | sed "s/nobody/somebody/; s/draft/published/" | gzip >"$2"`,
    code: 65,
    says: /has changed since/,
  },
  {
    what: "with a damaged manifest",
    prepare: `${copied()}; echo "{" >"${backups}/${stem()}.json"`,
    code: 65,
    says: /manifest/,
  },
  {
    what: "of another database",
    prepare: 'cp "$1" "$2"',
    file: `${backups}/other_20250101_000000.sql.gz`,
    code: 65,
    says: /backup of other/,
  },
  {
    what: "that does not say of which",
    prepare: 'cp "$1" "$2"',
    file: "/tmp/nameless.sql.gz",
    code: 65,
    says: /does not say/,
  },
  {
    what: "of another server",
    prepare: `${copied()}; sed -i 's/"server": "[^"]*"/"server": "elsewhere"/' ${manifest()}; ${resealed(manifest())}`,
    code: 65,
    says: /on elsewhere/,
  },
  {
    what: "of a newer PostgreSQL",
    prepare:
      'gunzip -c "$1" | sed "s/^-- Dumped from database version .*/-- Dumped from database version 99.1/" | gzip >"$2"',
    code: 65,
    says: /newer than the server.*\[DBK-RESTORE-2\]/,
  },
  {
    what: "that connects elsewhere",
    prepare: `docker exec "$CONTAINER" pg_dump --create -U ${name} ${name}_production | gzip >"$2"`,
    code: 65,
    says: /cannot be restored into one database/,
  },
  {
    what: "that connects elsewhere, adopted all the same",
    prepare: `docker exec "$CONTAINER" pg_dump --create -U ${name} ${name}_production | gzip >"$2"; ${adopted()}`,
    code: 65,
    says: /cannot be restored into one database/,
  },
  {
    what: "of a whole server",
    prepare: `docker exec "$CONTAINER" pg_dumpall -U ${name} -l template1 | gzip >"$2"`,
    code: 65,
    says: /complete|cannot be restored into one database/,
  },
  {
    what: "with a command for psql in it",
    prepare: `gunzip -c "$1" | sed '0,/^SET /s//\\\\! touch \\/tmp\\/reached\\nSET /' | gzip >"$2"`,
    code: 1,
    says: /backslash commands are restricted/,
    restricted: true,
  },
  {
    what: "with a command for psql in it, adopted",
    prepare: `gunzip -c "$1" | sed '0,/^SET /s//\\\\! touch \\/tmp\\/reached\\nSET /' | gzip >"$2"; ${adopted()}`,
    code: 1,
    says: /backslash commands are restricted/,
    restricted: true,
  },
  {
    what: "with an error in it",
    prepare: `gunzip -c "$1" | sed '0,/^CREATE TABLE/s//CREATE TABEL/' | gzip >"$2"`,
    code: 1,
    says: /syntax error/,
  },
];

/** The psql of minor versions before August 2025 has no \restrict. */
async function psqlRestricts(): Promise<boolean> {
  const { container, databaseUser, database } = server.sandbox;
  const psql = `docker exec -i ${container} psql -X -v ON_ERROR_STOP=1 -U ${databaseUser} -d ${database}`;
  const { code } = await server.sandbox.run(psql, { input: "\\restrict probe\n\\unrestrict probe\n" });
  return code === 0;
}

describe.each(files)("a file $what", ({ prepare, code, says, file, restricted = false }) => {
  test("is refused, and nothing has changed", async ({ skip }) => {
    skip(restricted && !(await psqlRestricts()), "this psql has no \\restrict, of which the log warns");
    const { sandbox } = server;
    const path = file ?? `${backups}/${stem()}.sql.gz`;
    const script = `CONTAINER=${sandbox.container}; rm -f "$2" "${backups}/${stem()}.json"; ${prepare}`;
    await sandbox.run(`set -- ${archive} ${path}; ${script}`);
    const refused = await server.restore(`--yes ${path}`);
    expect(refused.stderr).toMatch(says);
    expect(refused.code).toBe(code);
    expect(await server.hash()).toBe(live);
    expect(await server.databases()).toEqual([sandbox.database]);
    expect((await sandbox.run(`docker exec ${sandbox.container} ls /tmp/reached`)).code).not.toBe(0);
    expect(await server.log()).toMatch(/restore (failed|refused): /);
    await sandbox.run(`rm -f ${path} ${backups}/${stem()}.json`);
  });
});

test("a file without a manifest comes back, and the log says so where psql cannot confine it", async () => {
  const { sandbox } = server;
  const path = `${backups}/${stem()}.sql.gz`;
  await sandbox.run(`cp ${archive} ${path}`);
  const restored = await server.restore(`--into beside ${path}`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  // The log escapes backslashes.
  const said =
    / warning .*: psql in the container does not support \\\\restrict, so psql commands in \S+ would run/;
  expect(said.test(await server.log())).toBe(!(await psqlRestricts()));
  await sandbox.run(`rm ${path}`);
  await sandbox.psql("drop database beside", "template1");
});

/** The obstacles on the server, and how to remove them again. */
const obstacles = [
  {
    what: "a prepared transaction",
    make: "begin; create table half_done (); prepare transaction 'half done'",
    undo: "rollback prepared 'half done'",
    says: /prepared transactions \(half done\)/,
  },
  {
    what: "a logical replication slot",
    make: "select pg_create_logical_replication_slot('follower', 'test_decoding')",
    undo: "select pg_drop_replication_slot('follower')",
    says: /logical replication slots \(follower\)/,
  },
  {
    what: "a subscription",
    make: "create subscription feed connection 'dbname=none' publication p with (connect = false)",
    undo: "alter subscription feed set (slot_name = none); drop subscription feed",
    says: /drop its subscriptions/,
  },
];

describe("on a server that replicates", () => {
  beforeAll(async () => {
    const { sandbox } = server;
    await sandbox.psql(
      "alter system set wal_level = logical; alter system set max_prepared_transactions = 2",
    );
    await sandbox.stopDatabase();
    await sandbox.startDatabase();
  });

  test.each(obstacles)("$what is an obstacle", async ({ make, undo, says }) => {
    const { sandbox } = server;
    await sandbox.psql(make);
    const before = await sandbox.run(`ls ${backups}`);
    const refused = await server.restore(`--yes ${archive}`);
    const after = await sandbox.run(`ls ${backups}`);
    for (const statement of undo.split("; ")) await sandbox.psql(statement);
    expect(refused.stderr).toMatch(says);
    expect(refused.code).toBe(1);
    expect(after.stdout).toBe(before.stdout);
  });
});

test("without a terminal there is no confirmation", async () => {
  const refused = await server.restore(archive);
  expect(refused.code).toBe(77);
  expect(refused.stderr).toMatch(/--yes/);
});

test("too little space is said before anything is done, and that --in-place needs less", async () => {
  const { sandbox } = server;
  await sandbox.run("mkdir -p /tmp/full");
  const mounted = await sandbox.run("df --output=avail -B1 /dev/shm | tail -n 1");
  const settings = structuredClone(server.settings);
  for (const database of settings.databases) database.dataDirectory = "/dev/shm";
  await sandbox.writeFile("/tmp/settings.json", JSON.stringify(settings), "0600");
  await sandbox.run(`head -c $((${mounted.stdout.trim()} - 4000000)) /dev/zero >/dev/shm/filler`);
  const refused = await server.restore(`--yes --settings /tmp/settings.json ${archive}`);
  const inPlace = await server.restore(`--dry-run --in-place --settings /tmp/settings.json ${archive}`);
  await sandbox.run("rm /dev/shm/filler");
  expect(inPlace.stdout).toMatch(
    /see whether there is room\n +NOT POSSIBLE: not enough space in \/dev\/shm for a restore in place and its write-ahead log/,
  );
  expect(refused.stderr).toMatch(/not enough space in \/dev\/shm .*--in-place/);
  expect(refused.code).toBe(73);
  expect(await server.hash()).toBe(live);
});

test("where the data directory is not on this server, the container is asked for its space", async () => {
  const { sandbox } = server;
  const settings = structuredClone(server.settings);
  for (const database of settings.databases) database.dataDirectory = "/nowhere/on/this/server";
  await sandbox.writeFile("/tmp/settings.json", JSON.stringify(settings), "0600");
  const words = `--yes --settings /tmp/settings.json ${archive}`;
  const withDf = <T>(answer: string, work: () => Promise<T>) =>
    withProgram(sandbox, "df", `#!/bin/sh\n${answer}\n`, work);
  const full = await withDf(
    'echo "Filesystem 1024-blocks Used Available"; echo "overlay 100 90 10 90% /"',
    () => server.restore(words),
  );
  expect(full.stderr).toMatch(/: 10\.2 kB free/);
  expect(full.code).toBe(73);
  const unseen = await withDf("exec false", () => server.restore(words.replace("--yes", "")));
  expect(unseen.stdout).toMatch(/the free space is not checked/);
  expect(unseen.code).toBe(77);
});

test("two restores at once: the second says that the lock is held", async () => {
  const { sandbox } = server;
  const lock = `/run/database-backups/${name}.lock`;
  const hold = `flock ${lock} sh -c 'echo $$ >/tmp/holder; exec sleep 600' </dev/null >/dev/null 2>&1 &`;
  await sandbox.run(`mkdir -p ${dirname(lock)}; rm -f /tmp/holder; ${hold}`);
  await sandbox.run("until [ -s /tmp/holder ]; do sleep 0.1; done");
  const refused = await server.restore(`--yes ${archive}`);
  await sandbox.run("kill $(cat /tmp/holder)");
  expect(refused.stderr).toMatch(/is locked by/);
  expect(refused.code).toBe(75);
  expect(await server.hash()).toBe(live);
});

function stem(): string {
  return `${name}_20250101_000000`;
}

function manifest(): string {
  return `"${backups}/${stem()}.json"`;
}

/** The good backup under another name, with its manifest. */
function copied(): string {
  return `cp "$1" "$2"; sed "s/$(basename "$1")/${stem()}.sql.gz/" "\${1%.sql.gz}.json" >${manifest()}; ${resealed(manifest())}`;
}

/** The manifest of a run that had adopted $2. */
function adopted(): string {
  const sha256 = `$(sha256sum "$2" | cut -d " " -f 1)`;
  const changes = [
    `-e "s/$(basename "$1")/${stem()}.sql.gz/"`,
    `-e 's/"adopted": false/"adopted": true/'`,
    `-e "0,/sha256/s/[0-9a-f]{64}/${sha256}/"`,
  ];
  return `sed -E ${changes.join(" ")} "\${1%.sql.gz}.json" >${manifest()}; ${resealed(manifest())}`;
}

function flipOneBit(): string {
  return `byte=$(dd if="$2" bs=1 skip=200000 count=1 2>/dev/null | od -An -tu1); printf "\\\\$(printf %o $((byte ^ 16)))" | dd of="$2" bs=1 seek=200000 conv=notrunc 2>/dev/null`;
}
