import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import type { DatabaseSettings } from "../../contract/settings.ts";
import { messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";

/**
 * The environment variable with the database's password; empty if none is configured.
 * @throws ProgramError if the file cannot be used.
 */
export function passwordOf({
  name,
  passwordFile,
}: Pick<DatabaseSettings, "name" | "passwordFile">): Record<string, string> {
  if (passwordFile === undefined) return {};
  const refuse = (reason: string, cause?: unknown): never => {
    throw new ProgramError(
      `the password of ${name} cannot be read: ${passwordFile} ${reason}; write it there, on one line, then: chown root: ${passwordFile} && chmod 600 ${passwordFile} [DBK-SETTINGS-2]`,
      ExitCode.configuration,
      cause,
    );
  };
  try {
    const file = openSync(passwordFile, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) return refuse("is not a file");
      if ((stat.mode & 0o077) !== 0 || (stat.uid !== 0 && stat.uid !== process.getuid?.()))
        return refuse("is open to others");
      const [password = "", ...more] = readFileSync(file, "utf8")
        .replace(/\r?\n$/, "")
        .split("\n");
      if (password === "" || more.length > 0 || password.includes("\0")) return refuse("is not one line");
      return { PGPASSWORD: password };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof ProgramError) throw error;
    return refuse(`(${messageOf(error)})`, error);
  }
}
