import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sha256OfFile } from "../../../../../../infra/local-machine/sha256.ts";
import { checkFile } from "../../../../../../infra/remotehost/provider/file/check.ts";

const directory = mkdtempSync(join(tmpdir(), "bodies-"));
afterAll(() => rmSync(directory, { recursive: true }));

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("a file's sha256 is that of its bytes now, however often it was asked for", async () => {
  const path = join(directory, "changing");
  await expect(sha256OfFile(path)).rejects.toThrow("ENOENT");
  for (const text of ["one", "two"]) {
    writeFileSync(path, text);
    expect(await Promise.all([sha256OfFile(path), sha256OfFile(path)])).toEqual([sha256(text), sha256(text)]);
  }
});

test("a local source may be sensitive: of either kind only the sha256 gets into the state", async () => {
  const path = join(directory, "program");
  writeFileSync(path, "program");
  const place = { connection: { key: "s", host: "s" }, path: "/opt/program" };
  const checked = (values: Parameters<typeof checkFile>[0]["values"]) =>
    checkFile({ values: { ...place, sensitive: true, ...values }, secrets: new Set(), unknowns: new Set() });
  const bySource = await checked({ source: path, sha256: sha256("program") });
  expect(bySource).toEqual(await checked({ content: "program" }));
  expect(bySource.inputs).toMatchObject({ sensitive: true, sha256: sha256("program") });
});

test("a file that is fetched is known by its sha256 alone, and is not fetched yet", async () => {
  const values = {
    connection: { key: "s", host: "s" },
    path: "/opt/courier",
    source: {
      program: "courier",
      version: "1.2.3",
      zip: { url: "https://courier.invalid/x.zip", member: "courier" },
      wheel: { package: "courier-bin", platform: "manylinux2014_x86_64", member: "courier" },
    },
  };
  const checked = (more: object) =>
    checkFile({ values: { ...values, ...more }, secrets: new Set(), unknowns: new Set() });
  const { inputs, failures } = await checked({ sha256: sha256("x") });
  expect([failures, inputs]).toEqual([[], expect.objectContaining({ sha256: sha256("x") })]);
  expect(inputs).not.toHaveProperty("source");
  expect((await checked({})).failures).toMatchObject([{ property: "sha256" }]);
});
