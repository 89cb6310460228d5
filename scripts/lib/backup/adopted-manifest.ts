import { basename } from "node:path";
import { formatName, type Manifest } from "../../contract/manifest.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { versionNumber } from "../archive/dump-endings.ts";
import { compressionOfVerified } from "../archive/format.ts";
import { reachesElsewhere } from "../archive/statements.ts";
import { verifyArchive } from "../archive/verify.ts";
import type { Backup } from "../store/backups.ts";

/**
 * Makes a manifest for an archive of another program, after reading the archive in full.
 * @throws ArchiveError, InterruptedError; Error if it cannot be restored into one database
 */
export async function adoptedManifest(
  settings: Settings,
  { name, container, database, user }: DatabaseSettings,
  backup: Backup,
  runId: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const { bytes, sha256, uncompressedBytes, serverVersion, dumpVersion } = await verifyArchive(
    backup.archivePath,
    {
      signal,
    },
  );
  const reason = await reachesElsewhere(backup.archivePath, signal);
  // With a manifest it would count as good, and a restore would run its statements against the live database.
  if (reason !== null) throw new Error(`it cannot be restored into one database: ${reason}`);
  const serverVersionNumber = versionNumber(serverVersion ?? "");
  return {
    version: 1,
    runId,
    database: { name, container, database, user },
    server: settings.server,
    host: null,
    createdAt: backup.takenAt.toISOString(),
    snapshotAt: null,
    durationSeconds: 0,
    class: "regular",
    adopted: true,
    archive: {
      file: basename(backup.archivePath),
      bytes,
      sha256,
      uncompressedBytes,
      format: formatName(compressionOfVerified(backup.archivePath)),
      compressionLevel: null,
    },
    roles: null,
    postgres:
      serverVersion === null || serverVersionNumber === null
        ? null
        : { serverVersion, serverVersionNumber, dumpVersion: dumpVersion ?? serverVersion },
    properties: null,
    content: null,
    totals: null,
    databaseBytes: null,
    shrunk: null,
    verifiedAt: new Date().toISOString(),
  };
}
