import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandResult, execute, succeed } from "../../infra/local-machine/command.ts";
import { repository } from "../../infra/local-machine/places.ts";
import { rcloneStore } from "../../scripts/lib/copies/rclone-store.ts";
import { copyToStore } from "../../scripts/lib/copies/store-run.ts";
import { withSandboxPulumi } from "../sandbox/set-up/pulumi-cli.ts";
import { rcloneAt } from "../sandbox/stores/rclone-at.ts";
import { type Bucket, startVersitygw, type Versitygw } from "../sandbox/stores/versitygw.ts";
import { type Local, makeLocal } from "../unit/scripts/copies/local.ts";

/** `npm run copies`: a server copies with a key that may not delete, and the command prunes with one that may. */

const scratch = mkdtempSync(join(tmpdir(), "prune-command-"));
const project = join(scratch, "project");
const temporary = join(scratch, "tmp");
const stamps = ["20260901_020000", "20261001_020000", "20261123_020000"];
const [oldest, old, newest] = stamps.map((stamp) => `shop_${stamp}`);

let server: Versitygw;
let bucket: Bucket;
let local: Local;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = await startVersitygw();
  bucket = await server.newPlace({ actions: ["s3:GetObject", "s3:PutObject", "s3:ListBucket"] });
  local = makeLocal();
  for (const stamp of stamps) local.backUp(stamp);
  const store = rcloneStore(await rcloneAt(bucket.settings));
  const place = { ...local.place, retention: { ...local.place.retention, days: 1_000 } };
  const copied = await copyToStore(
    local.context(),
    place,
    { takesOver: false, newest: false },
    async () => store,
  );
  expect(copied).toMatchObject({ exitCode: 0, pending: 0 });
  for (const directory of [project, temporary, join(scratch, "state")])
    mkdirSync(directory, { recursive: true });
  environment = {
    ...(await withSandboxPulumi(process.env)),
    PULUMI_BACKEND_URL: `file://${join(scratch, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    TMPDIR: temporary,
  };
  copyFileSync(join(repository, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
  const pulumi = (...words: string[]) =>
    succeed(["pulumi", ...words, "--non-interactive"], { cwd: project, env: environment });
  await pulumi("stack", "init", "prod");
  const set = (path: string, value: string, ...more: string[]) =>
    pulumi("config", "set", "--path", `database-backups:${path}`, value, ...more);
  await set("servers.web1.host", "web1.example.com");
  await set("databases.shop.user", "shop");
  await set("copyKey", local.key, "--secret");
  const { secretAccessKey, ...open } = bucket.settings;
  for (const [name, value] of Object.entries(open)) await set(`copies.objects.${name}`, String(value));
  await set("copies.objects.secretAccessKey", String(secretAccessKey), "--secret");
  for (const [name, value] of [
    ["days", "10"],
    ["weekly", "0"],
    ["monthly", "0"],
  ] as const)
    await set(`copies.objects.retention.${name}`, value);
});
afterAll(async () => {
  await server?.stop();
  if (local) rmSync(local.directory, { recursive: true });
  rmSync(scratch, { recursive: true });
});

const copies = (words: readonly string[], keys: Record<string, string> = {}): Promise<CommandResult> =>
  execute([process.execPath, join(repository, "infra/copies/main.ts"), "prune", ...words], {
    cwd: project,
    env: { ...environment, ...keys },
  });
const mayDelete = () => ({
  COPIES_ACCESS_KEY_ID: server.root.accessKeyId,
  COPIES_SECRET_ACCESS_KEY: server.root.secretAccessKey,
});
const markers = async () => {
  const entries = await rcloneStore(await rcloneAt(bucket.settings)).list(AbortSignal.timeout(60_000));
  return entries.flatMap(({ name }) => (name.endsWith(".copy.json") ? [name.split(".")[0]] : [])).sort();
};

test("without a key that may delete nothing is removed, and the variables are named", async () => {
  const { code, stdout } = await copies([]);
  expect(stdout).toContain("COPIES_ACCESS_KEY_ID and COPIES_SECRET_ACCESS_KEY");
  expect(code).toBe(1);
  expect(await markers()).toEqual([oldest, old, newest]);
});

test("the server's own key may not delete, and the error says so", async () => {
  const { accessKeyId, secretAccessKey } = bucket.settings;
  const { code, stdout } = await copies([], {
    COPIES_OBJECTS_ACCESS_KEY_ID: String(accessKeyId),
    COPIES_OBJECTS_SECRET_ACCESS_KEY: String(secretAccessKey),
  });
  expect(stdout).toMatch(/failed: store objects .* refuses\s+access/s);
  expect(code).toBe(1);
  expect(await markers()).toEqual([oldest, old, newest]);
});

test("a dry run needs no other key, and says of every copy why it goes or stays", async () => {
  const { code, stdout } = await copies(["--dry-run"]);
  expect(stdout).toMatch(/^prod: 2 copies would go, 1 stays\n/);
  for (const stem of [oldest, old]) expect(stdout).toMatch(new RegExp(`goes +${stem}`));
  expect(stdout).toMatch(new RegExp(`stays +${newest}`));
  expect(stdout).toContain("Asked with the servers' own keys: objects");
  expect(code).toBe(0);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(await markers()).toHaveLength(3);
});

test("with a key that may delete what is no longer kept goes, and no secret stays or is printed", async () => {
  const { code, stderr, stdout } = await copies(
    ["--json", "--store", "objects", "--only", "web*"],
    mayDelete(),
  );
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    ...{ version: 1, exitCode: 0, stack: "prod", dryRun: false },
    servers: [{ server: "web1", stores: [{ store: "objects", removed: [oldest, old], error: null }] }],
  });
  expect(code).toBe(0);
  expect(await markers()).toEqual([newest]);
  for (const secret of [server.root.secretAccessKey, String(bucket.settings.secretAccessKey), local.key])
    expect(stdout + stderr).not.toContain(secret);
  expect(readdirSync(temporary).filter((name) => name.startsWith("copies-"))).toEqual([]);
});

test("a stack that is not there is no usable configuration", async () => {
  const { code, stderr } = await copies(["--stack", "absent"], mayDelete());
  expect(stderr).toMatch(/the configuration of absent cannot be read: .*no stack named.*\[DBK-COPY-19\]/s);
  expect(code).toBe(78);
});
