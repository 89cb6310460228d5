import { ensureGoProgram } from "./go-program.ts";

/** The S3 gateway over a directory: multipart uploads, versions, Object Lock, accounts, policies. */
export const ensureVersitygw = (): Promise<string> =>
  ensureGoProgram({
    name: "versitygw",
    version: "1.8.0",
    package: "github.com/versity/versitygw/cmd/versitygw",
  });
