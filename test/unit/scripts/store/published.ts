import { createHash } from "node:crypto";
import { existsSync, linkSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import {
  type BackupWriter,
  type Publisher,
  publisher,
  publisherBy,
} from "../../../../scripts/lib/store/publisher.ts";
import { syncDirectory } from "../../../../scripts/lib/system/durable-file.ts";

/** A fake backup for the publisher's tests and their program. */

/** The programs' publisher, and a toy that links a file to its second name before it removes the first. */
export const publishers: Readonly<Record<string, Publisher>> = {
  rename: publisher,
  link: publisherBy((from, to) => {
    if (!isSame(from, to)) linkSync(from, to);
    syncDirectory(dirname(to));
    unlinkSync(from);
  }),
};

const isSame = (from: string, to: string): boolean =>
  statSync(from).ino === statSync(to, { throwIfNoEntry: false })?.ino;

export const run = { database: "app", runId: "20261122T020000-4f2a1b" };

export const digest = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

export const isWhole = async (path: string, { archive }: Manifest): Promise<boolean> =>
  existsSync(path) && digest(readFileSync(path)) === archive.sha256;

/** The manifest of a backup with the texts `archive` and `roles` as its files. */
export const manifestOf = ({ names, time }: Pick<BackupWriter, "names" | "time">): Manifest => ({
  version: 1,
  runId: run.runId,
  database: { name: run.database, container: "app-db", database: "app_production", user: "app" },
  server: "cloud.example.com",
  host: null,
  createdAt: time.toISOString(),
  snapshotAt: time.toISOString(),
  durationSeconds: 1,
  class: "regular",
  adopted: false,
  archive: {
    file: names.archive,
    bytes: 7,
    sha256: digest("archive"),
    uncompressedBytes: 7,
    format: names.archive.endsWith(".sql.zst") ? "plain-zstd" : "plain-gzip",
    compressionLevel: 1,
  },
  roles: { file: names.roles, bytes: 5, sha256: digest("roles"), passwords: true },
  postgres: null,
  properties: null,
  content: null,
  totals: null,
  databaseBytes: null,
  shrunk: null,
  verifiedAt: time.toISOString(),
});
