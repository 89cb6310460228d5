/**
 * The directory in which older versions kept replaced files, whatever the installation's path. It is still the default.
 */
export const usualReplacedDirectory = "/opt/database-backups/replaced";

/** Where what was replaced is kept; not beside it, because cron and logrotate read whole directories. */
export const replacedDirectoryIn = (installation: string): string => `${installation}/replaced`;
