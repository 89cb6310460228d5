import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectSource } from "../../scripts/lib/restore/source.ts";
import { docker } from "../sandbox/docker.ts";
import { type Random, randomFor, times } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { logSaysWhy, lookBefore, nothingIsLeft, statusSaysWhy } from "./invariants.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** Backups changed by the disk or by a person. */

let server: FaultServer;
/** Copies of the server's backups on this machine. */
let copies: string;

beforeAll(async () => {
  const smaller = "truncate lessons, courses, users cascade";
  server = await startFaultServer({ states: ["", smaller] });
  await server.configure({ ...server.settings, zstdLevel: 1 });
  const compressedByZstd = await server.run("backup_database", "--quiet");
  expect(compressedByZstd.stderr).toBe("");
  await server.keep();
  await server.configure(server.settings);
  copies = mkdtempSync(join(tmpdir(), "faults-"));
  await docker(["cp", `${server.sandbox.serverContainer}:${server.directory}/.`, copies]);
});
afterAll(async () => {
  rmSync(copies, { recursive: true, force: true });
  await server?.remove();
});

const damages = {
  "a single bit flipped": (content: Buffer, random: Random) => {
    const place = random.below(content.length);
    const damaged = Buffer.from(content);
    damaged[place] = (damaged[place] ?? 0) ^ (1 << random.below(8));
    return damaged;
  },
  "cut off": (content: Buffer, random: Random) => content.subarray(0, random.below(content.length)),
  "something appended": (content: Buffer, random: Random) => {
    const tails = [
      () => random.bytes(1 + random.below(4096)),
      () => Buffer.alloc(1 + random.below(4096)),
      () => Buffer.from(" \n\t\r".slice(random.below(4)).repeat(1 + random.below(9))),
      () => content.subarray(0, 1 + random.below(content.length)),
      () => content,
    ];
    return Buffer.concat([content, tails[random.below(tails.length)]?.() ?? Buffer.alloc(1)]);
  },
} as const;
type Damage = keyof typeof damages;

const kinds = {
  archive: ".sql.gz",
  "zstd archive": ".sql.zst",
  manifest: ".json",
  "roles file": ".roles.sql",
} as const;
type Kind = keyof typeof kinds;

/** The archives that this kind of damage may hit, by name or path. */
const archivesFor = (kind: Kind, files: readonly string[]): string[] =>
  files.filter((file) => file.endsWith(kind === "zstd archive" ? ".sql.zst" : ".sql.gz"));
const damagedFile = (archive: string, kind: Kind): string => archive.replace(/\.sql\.\w+$/, kinds[kind]);

const inFull: Record<Damage, number> = {
  "a single bit flipped": 1000,
  "cut off": 200,
  "something appended": 100,
};
/** Of ten damages most hit an archive and some the manifest. */
const shares: readonly Kind[] = [
  ...Array<Kind>(4).fill("archive"),
  ...Array<Kind>(3).fill("zstd archive"),
  ...Array<Kind>(2).fill("manifest"),
  "roles file",
];

const cases = (Object.keys(damages) as Damage[]).flatMap((damage) =>
  (Object.keys(kinds) as Kind[]).map((kind) => ({
    damage,
    kind,
    inFull: (inFull[damage] * shares.filter((share) => share === kind).length) / shares.length,
  })),
);

const badArchive =
  "(is empty|is neither a gzip nor a zstd file|is cut off|is damaged|has bytes after its end|does not end as|has changed since)";
const reasons: Record<Kind, string> = {
  archive: badArchive,
  "zstd archive": badArchive,
  manifest: "cannot be used: ",
  "roles file": "has changed since",
};

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

describe("verification finds", () => {
  test.each(cases)("$damage in $kind", async ({ damage, kind, inFull }) => {
    const random = randomFor(`${damage} ${kind}`);
    const archives = archivesFor(kind, readdirSync(copies));
    const wanted = times(inFull, Math.ceil(inFull / 20));
    for (let occasion = 0; occasion < wanted; occasion += 1) {
      const archive = archives[random.below(archives.length)] ?? "";
      const path = join(copies, damagedFile(archive, kind));
      const whole = readFileSync(path);
      const damaged = damages[damage](whole, random);
      expect(sha256(damaged)).not.toBe(sha256(whole));
      writeFileSync(path, damaged);
      const found = await inspectSource(join(copies, archive), new AbortController().signal).then(
        () => "nothing",
        () => "damage",
      );
      writeFileSync(path, whole);
      const where = Buffer.from(whole).findIndex((byte, index) => byte !== damaged[index]);
      expect(found, `${path}, occasion ${occasion}, first difference at byte ${where}`).toBe("damage");
    }
    tally(`${kind}: ${damage}`, wanted, ["found"]);
  });
});

test("the restore program refuses what is damaged, and touches nothing", async () => {
  const random = randomFor("refused damages");
  const wanted = times(60, 2);
  for (let occasion = 0; occasion < wanted; occasion += 1) {
    const { damage, kind } = cases[random.below(cases.length)] ?? { damage: "cut off", kind: "archive" };
    const archives = archivesFor(kind, server.archives);
    const archive = archives[random.below(archives.length)] ?? "";
    const path = damagedFile(archive, kind);
    const before = await lookBefore(server);
    await server.sandbox.run(`mv ${path} /opt/test/whole`);
    await server.sandbox.writeFile(
      path,
      damages[damage](readFileSync(join(copies, basename(path))), random),
      "0600",
    );
    const refused = await server.run("restore_database", `--yes --database ${server.name} ${archive}`);
    expect(refused.code, `${damage} ${path}: ${refused.stderr}`).toBe(65);
    const says = new RegExp(`${basename(path)} ${reasons[kind]}`);
    await logSaysWhy(server, before, says);
    await statusSaysWhy(server, says);
    expect(await server.content()).toBe(before.live);
    expect(await server.databases()).toEqual([server.sandbox.database]);
    await server.sandbox.run(`mv /opt/test/whole ${path}`);
    await backupsAreIntact(server);
  }
  tally("a damaged archive, manifest or roles file, at the restore program", wanted, [
    "exit",
    "log",
    "status",
    "refused",
    "older",
    "live",
  ]);
});

const wrongManifests = [
  {
    fault: "a manifest of another backup",
    prepare: (archive: string, other: string) => `cp ${manifestOf(other)} ${manifestOf(archive)}`,
    code: 65,
    says: /it describes /,
  },
  {
    fault: "an empty manifest",
    prepare: (archive: string) => `: >${manifestOf(archive)}`,
    code: 65,
    says: /the manifest .* cannot be used/,
  },
  {
    fault: "an archive of another backup under this one's name",
    prepare: (archive: string, other: string) => `cp ${other} ${archive}`,
    code: 65,
    says: /has changed since/,
  },
];

const manifestOf = (archive: string): string => archive.replace(/\.sql\.gz$/, ".json");

test.each(wrongManifests)("$fault is refused", async ({ fault, prepare, code, says }) => {
  const [archive = "", other = ""] = server.archives;
  const before = await lookBefore(server);
  await server.sandbox.run(
    `mkdir /opt/test/whole && cp -p ${archive} ${manifestOf(archive)} /opt/test/whole && ${prepare(archive, other)}`,
  );
  const refused = await server.run("restore_database", `--yes --database ${server.name} ${archive}`);
  await server.sandbox.run(`mv /opt/test/whole/* ${server.directory}/ && rmdir /opt/test/whole`);
  expect(refused.code, refused.stderr).toBe(code);
  await logSaysWhy(server, before, says);
  await statusSaysWhy(server, says);
  expect(await server.content()).toBe(before.live);
  await backupsAreIntact(server);
  const next = await server.run("backup_database");
  expect(next.stderr).toBe("");
  expect(next.code, next.stdout).toBe(0);
  await nothingIsLeft(server, before);
  await backupsAreIntact(server);
  await server.reset();
  tally(fault, 1, ["exit", "log", "status", "refused", "names", "older", "live", "left"]);
});

test("without its manifest a backup is restored as one that nobody vouches for", async () => {
  const [archive = ""] = server.archives;
  const live = await server.content();
  await server.sandbox.run(`mv ${manifestOf(archive)} /opt/test/manifest`);
  const restored = await server.run("restore_database", `--yes --database ${server.name} ${archive}`);
  await server.sandbox.run(`mv /opt/test/manifest ${manifestOf(archive)}`);
  expect(restored.code, restored.stderr).toBe(0);
  expect(await server.content()).not.toBe(live);
  const undone = await server.run("restore_database", "--yes --rollback");
  expect(undone.code, undone.stderr).toBe(0);
  expect(await server.content()).toBe(live);
  await backupsAreIntact(server);
  await server.reset();
  tally("a manifest that is missing: the file is restored without its checks, and that is undone", 1, [
    "works",
  ]);
});
