import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { fetchFrom, listAt } from "../../../../scripts/lib/restore/from-store.ts";
import { settings } from "../status/observations.ts";

const directory = mkdtempSync(join(tmpdir(), "from-store-"));
afterAll(() => rmSync(directory, { recursive: true }));

const copyLauncher = join(directory, "copy_backups.sh");
const own = { ...settings, paths: { ...settings.paths, copyLauncher } };
const calm = new AbortController().signal;

/** Stands in for the program that talks to stores. */
const answering = (stdout: string, code: number) =>
  writeFileSync(
    copyLauncher,
    `#!/bin/sh\nprintf '%s\\n' "$*" >${directory}/words\necho progress >&2\ncat <<'E'\n${stdout}\nE\nexit ${code}\n`,
    { mode: 0o700 },
  );
const words = () => readFileSync(join(directory, "words"), "utf8").trim();
const wanted = { at: null, database: "shop", operand: null };

test("a backup is asked for as the person named it, and its path is the answer", async () => {
  const shown = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  answering('{"fetched":{"path":"/b/shop.sql.gz"},"error":null}', 0);
  const at = { moment: new Date(), written: "20261122_020000" };
  expect(await fetchFrom(own, "objects", { ...wanted, at }, calm)).toBe("/b/shop.sql.gz");
  expect(words()).toBe("--fetch --json --store objects --database shop --at 20261122_020000");
  expect(Buffer.from(shown.mock.calls.flat().join("")).toString()).toContain("progress");
  shown.mockRestore();
});

test.each([
  [
    "a store that is down",
    '{"fetched":null,"error":"it refuses [DBK-REMOTE-8]"}',
    69,
    "it refuses [DBK-REMOTE-8]",
    69,
  ],
  ["no such copy", '{"fetched":null,"error":"there is none"}', 65, "there is none", 65],
  ["no answer at all", "", 1, "copy_backups gave no result", 1],
  ["a success without a backup", '{"fetched":null,"error":null}', 0, "nothing was fetched", 1],
  ["a path together with a failure", '{"fetched":{"path":"/b"},"error":null}', 1, "nothing was fetched", 1],
])("%s ends the restore with its own reason and exit code", async (_, answer, code, reason, exitCode) => {
  answering(answer, code);
  await expect(fetchFrom(own, "objects", wanted, calm)).rejects.toMatchObject({
    ...{ exitCode, message: expect.stringContaining(reason) },
  });
});

test("a listing is passed on as it is, for people and for programs", async () => {
  answering("objects (bucket acme)", 0);
  expect(await listAt(own, "objects", undefined, false, calm)).toBe("objects (bucket acme)\n");
  expect(words()).toBe("--list --store objects");
  await listAt(own, "objects", "shop", true, calm);
  expect(words()).toBe("--list --store objects --database shop --json");
  answering("", 69);
  await expect(listAt(own, "objects", undefined, false, calm)).rejects.toMatchObject({ exitCode: 69 });
});

test("without a store there is nothing to fetch from", async () => {
  await expect(fetchFrom(settings, "objects", wanted, calm)).rejects.toThrow("no store is configured here");
});
