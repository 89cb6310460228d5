import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import type { DatabaseSettings, Settings } from "../../../../scripts/contract/settings.ts";
import { openLog } from "../../../../scripts/lib/program/log.ts";
import { writeManifest } from "../../../../scripts/lib/store/manifest.ts";
import { backup, settings as common, database } from "../status/observations.ts";

/** Real backups directories with fake archives and real manifests. */

export const shop: DatabaseSettings = database().settings;

export interface Directory {
  path: string;
  settings: Settings;
  /** The sorted names of its files. */
  files(): string[];
  read(name: string): string;
  write(name: string, content?: string): void;
  log: ReturnType<typeof openLog>;
}

const made: Directory[] = [];

/** Removes the directories of `newDirectory`. */
export function removeDirectories(): void {
  for (const { log, path } of made.splice(0)) {
    log.close();
    rmSync(dirname(path), { recursive: true });
  }
}

export function newDirectory(retention: Partial<Settings["retention"]> = {}): Directory {
  const root = mkdtempSync(join(tmpdir(), "pruning-"));
  const path = join(root, "backups");
  mkdirSync(path);
  const settings = {
    ...common,
    databases: [shop],
    retention: { ...common.retention, ...retention },
    paths: { ...common.paths, backups: path, log: join(root, "log") },
  };
  const directory = {
    path,
    settings,
    files: () => readdirSync(path).sort(),
    read: (name: string) => readFileSync(join(path, name), "utf8"),
    write: (name: string, content = "") => writeFileSync(join(path, name), content),
    log: openLog(settings.paths.log, "prune_backups", "20261122T120000-000000"),
  };
  made.push(directory);
  return directory;
}

export interface BackupSpecification {
  name?: string;
  daysAgo: number;
  class?: Manifest["class"];
  shrunk?: string[];
  /** The files beside the archive; by default manifest and roles. */
  parts?: readonly ("archive" | "manifest" | "roles" | "rehearsal" | "accepted" | "pin" | "stem-pin")[];
  /** The ending of the archive's name. */
  ending?: "sql.gz" | "sql.zst";
  /** `damaged`: its size differs from the manifest. */
  archive?: "whole" | "damaged" | "link" | "directory";
}

const wholeContent = "an archive";

/** Writes a backup. @returns its stem. Ages are counted from `now` */
export function layDown(directory: Directory, specification: BackupSpecification, now: Date): string {
  const { daysAgo, name = shop.name } = specification;
  const takenAt = new Date(now.getTime() - Math.round(daysAgo * 86_400) * 1_000);
  const stamp = takenAt.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_");
  const stem = `${name}_${stamp}`;
  const parts = new Set(specification.parts ?? ["archive", "manifest", "roles"]);
  const file = `${stem}.${specification.ending ?? "sql.gz"}`;
  const archive = join(directory.path, file);
  if (parts.has("archive")) {
    const kind = specification.archive ?? "whole";
    if (kind === "link") symlinkSync("/etc/hostname", archive);
    else if (kind === "directory") mkdirSync(archive);
    else writeFileSync(archive, kind === "whole" ? wholeContent : `${wholeContent}, then cut`);
  }
  const { manifest } = backup({ hoursAgo: 0, bytes: wholeContent.length });
  if (parts.has("manifest") && manifest !== null) {
    writeManifest(join(directory.path, `${stem}.json`), {
      ...manifest,
      database: { ...manifest.database, name },
      createdAt: takenAt.toISOString(),
      class: specification.class ?? "regular",
      archive: { ...manifest.archive, file },
      roles: parts.has("roles")
        ? { file: `${stem}.roles.sql`, bytes: 0, sha256: "0".repeat(64), passwords: true }
        : null,
      shrunk: specification.shrunk ?? null,
    });
  }
  if (parts.has("roles")) directory.write(`${stem}.roles.sql`);
  if (parts.has("rehearsal")) directory.write(`${stem}.rehearsal.json`, "{}");
  if (parts.has("accepted")) directory.write(`${stem}.accepted`);
  if (parts.has("pin")) directory.write(`${file}.pin`);
  if (parts.has("stem-pin")) directory.write(`${stem}.pin`, "before the\nmigration ");
  return stem;
}
