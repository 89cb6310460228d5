import { join } from "node:path";
import { acceptanceName } from "../../contract/backup-names.ts";
import type { Settings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { Log } from "../program/log.ts";
import { writeMark } from "../system/durable-file.ts";
import type { NamedBackup } from "./find.ts";

/**
 * Records that a person has accepted a small backup. Older backups are then no longer kept because of it, and the next
 * backups are compared with it.
 * @throws ProgramError if it is not suspicious.
 */
export function accept(settings: Settings, { database, archive, backup }: NamedBackup, log: Log): void {
  if (backup.manifest?.shrunk == null) {
    throw new ProgramError(
      `${archive} is not suspiciously small: there is nothing to accept [DBK-RETENTION-2]`,
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
