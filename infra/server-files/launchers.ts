import { shellCommand, shellWord } from "../../scripts/contract/quoting.ts";

/** The PATH of every program, because cron and sudo each set another one. */
export const serverPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface LaunchedProgram {
  node: string;
  bundle: string;
  settings: string;
}

/** The text of a launcher: POSIX sh that passes its arguments on unchanged. */
export function launcherText({ node, bundle, settings }: LaunchedProgram): string {
  return `#!/bin/sh
# Written by pulumi up; an edit here is undone by the next one.
umask 077
PATH=${shellWord(serverPath)}
export PATH
unset NODE_OPTIONS NODE_PATH
exec ${shellCommand(node, bundle, "--settings", settings)} "$@"
`;
}
