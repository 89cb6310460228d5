/**
 * The exit codes of the programs; they are documented and do not change.
 * Numbers from 64 are those of sysexits(3). The status check has its own four (see check_database_status).
 */
export const ExitCode = {
  success: 0,
  /** The work was tried and failed; the log says why. After a restore: the live database was not touched. */
  failed: 1,
  /** In-place restore failed after it had begun, and the pre-restore backup was put back. */
  failedAndPutBack: 10,
  /**
   * In-place restore failed after it had begun, and the pre-restore backup could not be put back, or its outcome is
   * unknown.
   */
  failedAndNotPutBack: 11,
  /**
   * The answer to a restore's or roll back's swap was lost: the live database is wholly the old or wholly the new one.
   */
  unknown: 12,
  /**
   * A rehearsal, or a restore with --keep-going, restored the backup, and the result differs from what was backed up.
   */
  different: 13,
  /** The command line is wrong. */
  usage: 64,
  /** The backup file is missing, damaged, of another database or of a newer PostgreSQL. */
  badFile: 65,
  /** The container or its PostgreSQL does not answer. */
  unavailable: 69,
  /** Not enough space. */
  noSpace: 73,
  /** Another run holds the database's lock. */
  locked: 75,
  /** Not confirmed, or not run as root. */
  notPermitted: 77,
  /** The settings file cannot be used. */
  configuration: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * The severity of each exit code. It lists all codes, so a new code does not compile without its place. No two are
 * equal, so the order of the databases decides nothing. The call is marked pure, so bundles of programs that compare no
 * codes leave it out.
 */
const severity = /* @__PURE__ */ ((): Readonly<Record<ExitCode, number>> => ({
  [ExitCode.success]: 0,
  [ExitCode.locked]: 1,
  [ExitCode.noSpace]: 2,
  [ExitCode.unavailable]: 3,
  [ExitCode.badFile]: 4,
  [ExitCode.usage]: 5,
  [ExitCode.notPermitted]: 6,
  [ExitCode.configuration]: 7,
  [ExitCode.failed]: 8,
  [ExitCode.different]: 9,
  [ExitCode.failedAndPutBack]: 10,
  [ExitCode.unknown]: 11,
  [ExitCode.failedAndNotPutBack]: 12,
}))();

/** The exit code of a run over several databases: the worst of theirs; success for none. */
export const worst = (codes: readonly ExitCode[]): ExitCode =>
  codes.reduce<ExitCode>((a, b) => (severity[b] > severity[a] ? b : a), ExitCode.success);
