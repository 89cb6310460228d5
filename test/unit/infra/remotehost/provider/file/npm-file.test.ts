import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { npmFile } from "../../../../../../infra/remotehost/provider/file/npm-file.ts";

const directory = mkdtempSync(join(tmpdir(), "npm-file-"));
const asked = join(directory, "asked");
const body = "a program";
const sha256 = createHash("sha256").update(body).digest("hex");

// A fake npm: it records that it was called and returns the same package each time.
const npm = `#!/bin/sh
echo asked >> ${asked}
while [ "$1" != --pack-destination ]; do shift; done
cp ${directory}/x.tgz "$2/x-1.0.0.tgz"
echo '[{"filename":"x-1.0.0.tgz"}]'
`;

beforeAll(() => {
  mkdirSync(join(directory, "package"));
  mkdirSync(join(directory, "bin"));
  writeFileSync(join(directory, "package", "program"), body);
  spawnSync("tar", ["-czf", "x.tgz", "package"], { cwd: directory });
  writeFileSync(join(directory, "bin", "npm"), npm, { mode: 0o755 });
  vi.stubEnv("PATH", `${directory}/bin:${process.env.PATH}`);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

it("what many servers want at once is fetched once", async () => {
  const archive = readFileSync(join(directory, "x.tgz"));
  const integrity = `sha256-${createHash("sha256").update(archive).digest("base64")}`;
  const file = { package: "x", version: "1.0.0", integrity, file: "program" };
  const paths = await Promise.all([1, 2, 3].map(() => npmFile(file, sha256, join(directory, "cache"))));
  expect(new Set(paths).size).toBe(1);
  expect(readFileSync(paths[0] ?? "", "utf8")).toBe(body);
  expect(readFileSync(asked, "utf8")).toBe("asked\n");
});
