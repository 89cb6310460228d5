import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BackupServer, directory, startBackupServer } from "./backup-server.ts";
import { withProgram } from "./container-program.ts";

let server: BackupServer;
let good: string[];

beforeAll(async () => {
  server = await startBackupServer();
  await server.sandbox.psql(
    "CREATE TABLE bulk AS SELECT n, md5(n::text) || md5((n * 7)::text) AS text FROM generate_series(1, 600000) AS n",
  );
  // A slow level gives time to interrupt.
  await server.configure({ ...server.settings, zstdLevel: 12 });
  expect((await server.backUp()).code).toBe(0);
  good = await server.files();
});
afterAll(() => server?.remove());

/** Checks that no file, no session and no program in the container is left. */
async function nothingIsLeft(): Promise<void> {
  const { container } = server.sandbox;
  const running = async () =>
    (await server.sandbox.run(`docker top ${container} -o args | grep -E '^(sh -c|zstd|pg_dump)'`)).stdout;
  for (let attempt = 0; (await server.sessions()) > 0 || (await running()) !== ""; attempt += 1) {
    if (attempt > 100) throw new Error(`what a crashed run left does not end: ${await running()}`);
    await sleep(100);
  }
  expect(await server.files()).toEqual(good);
}

/** pg_dumpall runs beside the dump. It asks pg_dump for its version first and ends without an answer. */
const pgDump = (script: string) => `#!/bin/sh\n[ "$1" = -V ] && exec "$0.kept" -V\n${script}`;

test.each<[string, string, string | null, number, string]>([
  [
    "pg_dump fails behind a zstd that does not",
    "pg_dump",
    pgDump("echo '--'\necho 'pg_dump: error: made to fail' >&2\nexit 1\n"),
    1,
    "failed: pg_dump: error: made to fail",
  ],
  ["pg_dump ends without a word", "pg_dump", pgDump("exit 3\n"), 1, "exit status 3"],
  ["zstd is killed", "zstd", "#!/bin/sh\nhead -c 100000\nkill -KILL $$\n", 1, "zstd ended with status 137"],
  [
    "zstd fails",
    "zstd",
    "#!/bin/sh\nhead -c 100000 >/dev/null\necho 'zstd: error 11 : Allocation error : not enough memory' >&2\nexit 11\n",
    1,
    "zstd: error 11 : Allocation error",
  ],
  ["the container lacks zstd", "zstd", null, 69, "has no zstd; install it in the image"],
])("%s: the backup fails, says so and leaves nothing", async (_, program, script, code, says) => {
  const result = await withProgram(server.sandbox, program, script, () => server.backUp());
  expect(result).toMatchObject({ code, stderr: expect.stringContaining(says) });
  await nothingIsLeft();
});

const started = `until find ${directory} -name '.*.sql.zst.partial' | grep -q .; do sleep 0.02; done`;

test.each(["TERM", "INT"])(
  "SIG%s in the middle of a dump leaves nothing, here and in the container",
  async (signal) => {
    const result = await server.sandbox.run(
      `${server.command} & pid=$!; ${started}; sleep 0.3; kill -${signal} $pid; wait $pid`,
    );
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining(`ended by SIG${signal}`) });
    await nothingIsLeft();
  },
);

test.each(["0", "0.3", "1"])("SIGKILL %s s into the dump is cleaned up by the next run", async (delay) => {
  await server.sandbox.run(`${server.command} & pid=$!; ${started}; sleep ${delay}; kill -9 $pid; wait $pid`);
  const next = await server.backUp("--json");
  expect(next).toMatchObject({ code: 0, stderr: "" });
  const made = (await server.files()).filter((file) => !good.includes(file));
  expect(made.filter((file) => file.startsWith("."))).toEqual([]);
  for (const file of made) await server.sandbox.run(`rm ${directory}/${file}`);
  await nothingIsLeft();
});

test("a container that is killed in the middle of a dump", async () => {
  const killed = await server.sandbox.run(
    `${server.command} & pid=$!; ${started}; docker kill ${server.sandbox.container} >/dev/null; wait $pid`,
  );
  expect(killed.code).toBe(69);
  expect(await server.files()).toEqual(good);
  await server.sandbox.startDatabase();
  await nothingIsLeft();
});

test("a Node that cannot read zstd makes no backup, and its exit code is no success", async () => {
  const without = "/tmp/without-zstd.cjs";
  await server.sandbox.writeFile(without, 'delete require("node:zlib").createZstdDecompress;\n');
  const command = server.command.replace("env -i", `env -i NODE_OPTIONS='--require ${without}'`);
  const result = await server.sandbox.run(command);
  expect(result).toMatchObject({ code: 78, stderr: expect.stringContaining("install Node 22.15 or later") });
  await nothingIsLeft();
});
