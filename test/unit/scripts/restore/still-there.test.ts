import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { identityOf } from "../../../../scripts/lib/restore/file-identity.ts";
import type { RestoreSource } from "../../../../scripts/lib/restore/source.ts";
import { requireStillThere } from "../../../../scripts/lib/restore/still-there.ts";

let directory: string;
let source: RestoreSource;
const { signal } = new AbortController();
const at = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "still-there-"));
  for (const name of ["a.sql.gz", "a.json", "a.roles.sql"]) writeFileSync(at(name), name);
  const files = [at("a.sql.gz"), at("a.json"), at("a.roles.sql")];
  const known = { path: at("a.sql.gz"), sha256: "1", manifest: null, rolesPath: at("a.roles.sql") };
  source = { ...known, files, identity: identityOf(files) } as unknown as RestoreSource;
});
afterEach(() => rmSync(directory, { recursive: true }));

const unread = async (): Promise<RestoreSource> => {
  throw new Error("there is no such file");
};
const reading = (found: Partial<RestoreSource>) => async () => ({ ...source, ...found });

test("files that are the same are not read again", async () => {
  await expect(requireStillThere(source, unread, signal)).resolves.toBeUndefined();
});

test("a copy with the same content at the same path is read, and is removed", async () => {
  copyFileSync(at("a.sql.gz"), at("copy"));
  renameSync(at("copy"), at("a.sql.gz"));
  await expect(requireStillThere(source, reading({}), signal)).resolves.toBeUndefined();
});

describe("what is gone or another is refused", () => {
  test.each([["a.sql.gz"], ["a.json"], ["a.roles.sql"]])("%s gone", async (name) => {
    rmSync(at(name));
    const found = name === "a.roles.sql" ? reading({ rolesPath: null }) : unread;
    await expect(requireStillThere(source, found, signal)).rejects.toThrow(
      /a\.sql\.gz changed during the restore: .*; nothing was changed/,
    );
  });

  test("other bytes", async () => {
    writeFileSync(at("a.sql.gz"), "another");
    await expect(requireStillThere(source, reading({ sha256: "2" }), signal)).rejects.toThrow(
      /it is another file now/,
    );
  });
});
