import { identified } from "../../contract/error-ids.ts";
import type { Settings } from "../../contract/settings.ts";
import { ArchiveError } from "../archive/verify.ts";
import { DumpError } from "../archive/write.ts";
import { messageOf, ProgramError, systemCode } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import { SpaceError } from "../system/space.ts";

const lockNotAvailable = "55P03";

/** Turns the error of a backup into one with advice and the fitting exit code. */
export function backupFailure(error: unknown, settings: Settings): ProgramError {
  const { paths, timeouts } = settings;
  if (
    systemCode(error) === "ENOSPC" ||
    (error instanceof DumpError && /no space left/i.test(error.message))
  ) {
    return new SpaceError(paths.backups, "the file system filled up during the backup", error);
  }
  if (error instanceof PsqlError && error.sqlState === lockNotAvailable) {
    const why = `a table stayed locked for ${timeouts.lockWait} s (backups.timeouts.lockWait)`;
    return new ProgramError(`${why}; run the backup again later [DBK-BACKUP-3]`, ExitCode.failed, error);
  }
  if (error instanceof ArchiveError) {
    const why = `the new backup did not pass its verification: ${error.message} [DBK-BACKUP-5]`;
    return new ProgramError(why, ExitCode.failed, error);
  }
  if (error instanceof ProgramError) return error;
  return new ProgramError(identified(messageOf(error), "[DBK-BACKUP-1]"), ExitCode.failed, error);
}
