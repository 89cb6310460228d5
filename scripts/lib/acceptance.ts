import { join } from "node:path";
import { acceptanceName } from "./backup-name.ts";
import { writeMark } from "./durable-file.ts";
import { ProgramError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";
import type { Log } from "./log.ts";
import type { NamedBackup } from "./named-backup.ts";
import type { Settings } from "./settings.ts";

/**
 * Writes down that a person knows why a backup is as small as it is: it no longer keeps the older ones, and the next
 * backups are compared with it.
 * @throws ProgramError if it is not suspicious.
 */
export function accept(settings: Settings, { database, archive, backup }: NamedBackup, log: Log): void {
  if (backup.manifest?.shrunk == null) {
    throw new ProgramError(
      `${archive} is not suspiciously small: there is nothing to accept`,
      ExitCode.badFile,
    );
  }
  if (!backup.shrunk) return;
  writeMark(
    join(settings.paths.backups, acceptanceName(backup.stem)),
    `accepted ${new Date().toISOString()}\n`,
  );
  log.event(
    "info",
    database.name,
    `accepted that ${archive} is as small as it is: ${backup.manifest.shrunk.join("; ")}`,
  );
}
