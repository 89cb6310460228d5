import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readManifest, writeManifest } from "../../../../scripts/lib/store/manifest.ts";
import { removePartials } from "../../../../scripts/lib/store/partial-files.ts";
import type { BackupWriter } from "../../../../scripts/lib/store/publisher.ts";
import { digest, isWhole, manifestOf, publishers, run } from "./published.ts";

const scratch = mkdtempSync(join(tmpdir(), "publisher-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let directory: string;
beforeEach(() => {
  directory = newDirectory();
});

const program = join(scratch, "publishing.mjs");
const failing = join(scratch, "failing-steps.mjs");
beforeAll(() => {
  const bundle = (name: string, outfile: string) =>
    buildSync({
      entryPoints: [join(import.meta.dirname, name)],
      ...{ outfile, bundle: true, platform: "node", format: "esm", logLevel: "silent" },
    });
  bundle("publishing.ts", program);
  bundle("failing-steps.ts", failing);
});

/** An earlier backup and a foreign file. No run may touch them. */
const others = {
  "app_20200101_000000.sql.gz": "old",
  ".app.20200101T000000-000000.sql.gz.partial": "another run's",
};

function newDirectory(): string {
  const made = mkdtempSync(join(scratch, "backups-"));
  chmodSync(made, 0o700);
  for (const [name, text] of Object.entries(others)) writeFileSync(join(made, name), text);
  return made;
}

/** The other files of a directory, by kind: `archive`, `roles`, `manifest` or `partial …`. */
function own(of = directory): Record<string, string> {
  const names = readdirSync(of).filter((name) => !(name in others));
  const kinds = names.map((name) =>
    name.startsWith(".") ? `partial ${name}` : name.replace(/^app_\d{8}_\d{6}\./, ""),
  );
  return Object.fromEntries(
    kinds.map((kind, index) => [kind, readFileSync(join(of, names[index] ?? ""), "utf8")]),
  );
}
const untouched = (of: string) =>
  Object.entries(others).every(([name, text]) => readFileSync(join(of, name), "utf8") === text);

const whole = { "sql.gz": "archive", "roles.sql": "roles", json: expect.stringContaining(digest("archive")) };

interface Failure {
  at: number;
  by: "kill" | "error" | "late error";
}

/** Runs the program. @returns its exit code, 137 if it was killed */
function runProgram(
  by: string,
  of: string,
  failure: Failure | null,
  words: readonly string[],
): Promise<number> {
  const fail = failure === null ? {} : { FAIL_AT: String(failure.at), FAIL_BY: failure.by };
  const env = { ...process.env, DIRECTORY: of, PUBLISHER: by, STEPS: stepsFile(of), ...fail };
  const child = spawn(process.execPath, ["--import", failing, program, ...words], { env, stdio: "inherit" });
  return new Promise((resolve) =>
    child.on("close", (code, signal) => resolve(signal === "SIGKILL" ? 137 : (code ?? 1))),
  );
}

const stepsFile = (of: string): string => join(scratch, `${basename(of)}.steps`);
const stepsOf = (of: string): string[] => readFileSync(stepsFile(of), "utf8").trim().split("\n");
const known = (steps: string[]) =>
  steps.map((step) =>
    step
      .replaceAll(`.app.${run.runId}.`, "partial ")
      .replaceAll(/app_\d{8}_\d{6}\./g, "")
      .replace(".partial", ""),
  );

/** The steps of each run until everything is written. No file has its final name before it is on disk. */
const writing = [
  "make .",
  ...["remove partial sql.gz", "open partial sql.gz", "remove partial roles.sql", "open partial roles.sql"],
  ...["write partial roles.sql", "sync partial roles.sql"],
  ...["write partial sql.gz", "write partial sql.gz", "sync partial sql.gz"],
  ...["open partial json", "write partial json", "sync partial json"],
  ...["name json", "sync ."],
];
/** The following steps, in which the files get their names. */
const naming: Readonly<Record<string, readonly string[]>> = {
  rename: ["name roles.sql", "sync .", "name sql.gz", "sync ."],
  link: [
    ...["name roles.sql", "sync .", "remove partial roles.sql"],
    ...["name sql.gz", "sync .", "remove partial sql.gz"],
  ],
};

/** The number of concurrent processes. A test machine has few processors. */
async function forEach<T>(items: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await check(item);
  };
  await Promise.all([worker(), worker(), worker()]);
}
const minutes = 60_000;

describe.each(Object.entries(publishers))("a publisher by %s", (name, publisher) => {
  const steps = [...writing, ...(naming[name] ?? [])];
  const numbers = steps.map((_, at) => at);
  const manifestNamed = steps.indexOf("name json") + 1;
  const publish = (of: string, failure: Failure | null, ...words: string[]) =>
    runProgram(name, of, failure, words);

  test("the names are given in this order, each to what is on disk", async () => {
    expect(await publish(directory, null)).toBe(0);
    expect(known(stepsOf(directory))).toEqual(steps);
    expect(own()).toEqual(whole);
    expect(untouched(directory)).toBe(true);
  });

  test("its files are its user's only, with any umask", async () => {
    const made = join(directory, "not", "there");
    expect(await publish(made, null)).toBe(0);
    for (const path of [made, join(directory, "not")])
      expect(statSync(path)).toMatchObject({ uid: process.getuid?.() });
    expect(statSync(made).mode & 0o7777).toBe(0o700);
    for (const name of readdirSync(made)) {
      const { mode, uid, gid } = statSync(join(made, name));
      expect({ mode: mode & 0o7777, uid, gid }).toEqual({
        mode: 0o600,
        uid: process.getuid?.(),
        gid: process.getgid?.(),
      });
    }
  });

  test(
    "killed before any step it has published all or nothing, and the next run finishes or removes the rest",
    async () => {
      await forEach(numbers, async (at) => {
        const of = newDirectory();
        expect(await publish(of, { at, by: "kill" }), steps[at]).toBe(137);
        // The view of a person or a status check at that moment.
        if ("sql.gz" in own(of)) expect(own(of), steps[at]).toMatchObject(whole);
        const finished = await publisher.finish({ directory: of, ...run }, isWhole);
        removePartials(of, run.database, run.runId);
        expect(own(of), steps[at]).toEqual(at < manifestNamed ? {} : whole);
        expect(finished === null, steps[at]).toBe(at < manifestNamed);
        expect(untouched(of)).toBe(true);
      });
    },
    5 * minutes,
  );

  test(
    "killed while it finishes a crashed run's work it has lost nothing",
    async () => {
      const rest = steps.slice(steps.indexOf("name roles.sql"));
      await forEach(
        rest.map((_, at) => at),
        async (at) => {
          const of = newDirectory();
          expect(await publish(of, { at: manifestNamed, by: "kill" })).toBe(137);
          expect(await publish(of, { at, by: "kill" }, "finish"), rest[at]).toBe(137);
          expect(await publish(of, null, "finish")).toBe(0);
          expect(own(of), rest[at]).toEqual(whole);
        },
      );
    },
    5 * minutes,
  );

  test.each(["error", "late error"] as const)(
    "after an %s at any step there is all or nothing, and no partial file",
    async (by) => {
      await forEach(numbers, async (at) => {
        const of = newDirectory();
        expect(await publish(of, { at, by }), steps[at]).toBe(3);
        const published =
          at > steps.lastIndexOf("name sql.gz") || (by === "late error" && steps[at] === "name sql.gz");
        expect(own(of), steps[at]).toEqual(published ? whole : {});
        expect(untouched(of)).toBe(true);
      });
    },
    5 * minutes,
  );

  const begin = (compression: "gzip" | "zstd" = "gzip"): Promise<BackupWriter> =>
    publisher.begin({ directory, ...run, compression }, new AbortController().signal);

  function fill({ archive, roles }: BackupWriter): void {
    for (const [file, text] of [
      [archive, "archive"],
      [roles, "roles"],
    ] as const) {
      writeSync(file.create(), text);
      file.keep();
    }
  }

  describe("a name that is taken", () => {
    test.each(["sql.gz", "roles.sql", "json"])(
      "%s keeps what it is the name of, and nothing is published",
      async (kind) => {
        const writer = await begin();
        fill(writer);
        const taken = join(directory, writer.names.archive.replace("sql.gz", kind));
        writeFileSync(taken, "somebody else's");
        expect(() => writer.publish(manifestOf(writer))).toThrow(
          `${taken} exists already; it is not overwritten`,
        );
        expect(own()).toMatchObject({ [kind]: "somebody else's" });
        writer.abandon();
        expect(own()).toEqual({ [kind]: "somebody else's" });
      },
    );

    test("is not chosen, with any compression of the archive there", async () => {
      const first = await begin("zstd");
      fill(first);
      first.publish(manifestOf(first));
      const second = await begin();
      expect(second.time.getTime()).toBeGreaterThan(first.time.getTime());
      expect(second.names.archive.slice(0, -".sql.gz".length)).not.toBe(
        first.names.archive.slice(0, -".sql.zst".length),
      );
    });

    test("by another manifest leaves no part of the new one", async () => {
      const writer = await begin();
      const path = join(directory, "app_20200101_000000.json");
      writeManifest(path, manifestOf(writer));
      expect(() => writeManifest(path, manifestOf(writer))).toThrow("exists already");
      expect(Object.keys(own())).toEqual(["json"]);
    });
  });

  test.each(["archive", "roles"] as const)("an unfinished file of %s is not published", async (kind) => {
    const writer = await begin();
    fill(writer);
    writer[kind].create();
    expect(() => writer.publish(manifestOf(writer))).toThrow("is not written to its end");
    expect(Object.keys(own()).filter((name) => !name.startsWith("partial"))).toEqual([]);
    writer.abandon();
  });

  test("another attempt may be written after the first was abandoned", async () => {
    const writer = await begin();
    const first = writer.archive.create();
    writer.roles.create();
    writeSync(first, "the beginning of an attempt that is longer than the next one");
    expect(writer.archive.bytes).toBe(60);
    writer.abandon();
    writer.abandon();
    expect(own()).toEqual({});
    fill(writer);
    writer.publish(manifestOf(writer));
    expect(own()).toEqual(whole);
    expect(readManifest(join(directory, writer.names.archive.replace("sql.gz", "json")))).toEqual(
      manifestOf(writer),
    );
  });

  test("files of a crashed run with final names are removed if its archive is incomplete", async () => {
    const of = newDirectory();
    expect(await publish(of, { at: steps.lastIndexOf("name sql.gz"), by: "kill" })).toBe(137);
    const partial =
      readdirSync(of).find((name) => name.endsWith(".sql.gz.partial") && name.includes(run.runId)) ?? "";
    writeFileSync(join(of, partial), "archiv");
    expect(await publisher.finish({ directory: of, ...run }, isWhole)).toBeNull();
    expect(Object.keys(own(of))).toEqual([`partial ${basename(partial)}`]);
  });
});
