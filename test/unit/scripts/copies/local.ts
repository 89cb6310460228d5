import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import type { Settings, StoreSettings } from "../../../../scripts/contract/settings.ts";
import type { CopyContext } from "../../../../scripts/lib/copies/at-store.ts";
import { openLog } from "../../../../scripts/lib/program/log.ts";
import { manifestText } from "../../../../scripts/lib/store/manifest.ts";
import { settings } from "../status/observations.ts";

/** A server with a directory of backups, whose copies go to one store. */
export interface Local {
  directory: string;
  settings: Settings;
  place: StoreSettings;
  key: string;
  /** Lays a verified backup down; gives its stem. */
  backUp(stamp: string, content?: string, database?: string): string;
  context(): CopyContext;
  /** The log so far. */
  log(): string;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export function makeLocal(): Local {
  const directory = mkdtempSync(join(tmpdir(), "copies-"));
  const backups = join(directory, "backups");
  mkdirSync(backups);
  const key = "ab".repeat(32);
  writeFileSync(join(directory, "copy-key"), `${key}\n`, { mode: 0o600 });
  const place: StoreSettings = {
    name: "objects",
    type: "s3",
    place: "bucket acme",
    path: "acme/web1",
    options: { type: "s3", endpoint: "https://objects.example.com" },
    secretsFile: join(directory, "secrets"),
    deletes: "never",
    verify: "full",
    schedule: "20 * * * *",
    retention: { days: 30, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
  };
  const database = (name: string) => ({
    ...{ name, container: `${name}-db`, database: name, user: name, dataDirectory: "/data" },
  });
  const own: Settings = {
    ...settings,
    databases: [database("shop"), database("blog")],
    paths: { ...settings.paths, backups, locks: join(directory, "locks"), log: join(directory, "log") },
    copies: { rclone: "/absent/rclone", keyFile: join(directory, "copy-key"), stores: [place] },
  };
  let runs = 0;
  return {
    ...{ directory, settings: own, place, key },
    backUp: (stamp, content = `dump of ${stamp}`, name = "shop") => {
      const stem = `${name}_${stamp}`;
      const roles = `-- roles of ${stamp}\n`;
      writeFileSync(join(backups, `${stem}.sql.gz`), content);
      writeFileSync(join(backups, `${stem}.roles.sql`), roles);
      writeFileSync(join(backups, `${stem}.json`), manifestText(manifestOf(name, stamp, content, roles)));
      return stem;
    },
    context: () => {
      runs += 1;
      const runId = `20261201T12000${runs}-4f2a1b`;
      return {
        ...{ program: "copy_backups", settings: own, runId, copies: own.copies ?? fail() },
        output: {
          print: () => {},
          data: () => {},
          error: () => {},
          paint: (_, text) => text,
          interactive: false,
        },
        signal: new AbortController().signal,
        log: openLog(own.paths.log, "copy_backups", runId),
      };
    },
    log: () => readFileSync(own.paths.log, "utf8"),
  };
}

function fail(): never {
  throw new Error("no copies are configured");
}

function manifestOf(name: string, stamp: string, content: string, roles: string): Manifest {
  const [date = "", time = ""] = stamp.split("_");
  const at = `${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}.000Z`;
  const stem = `${name}_${stamp}`;
  return {
    version: 1,
    runId: "20261122T020000-4f2a1b",
    database: { name, container: `${name}-db`, database: name, user: name },
    ...{ server: "cloud.example.com", host: "cloud", createdAt: at, snapshotAt: at, durationSeconds: 1 },
    ...{ class: "regular", adopted: false },
    archive: {
      ...{ file: `${stem}.sql.gz`, bytes: Buffer.byteLength(content), sha256: sha256(content) },
      ...{ uncompressedBytes: 1000, format: "plain-gzip", compressionLevel: 1 },
    },
    roles: {
      ...{
        file: `${stem}.roles.sql`,
        bytes: Buffer.byteLength(roles),
        sha256: sha256(roles),
        passwords: true,
      },
    },
    ...{ postgres: null, properties: null, content: null, totals: null, databaseBytes: null, shrunk: null },
    verifiedAt: at,
  };
}
