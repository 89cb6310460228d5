import { messageOf } from "../base/errors.ts";
import { RestoreError } from "./errors.ts";
import { identityOf } from "./file-identity.ts";
import type { RestoreSource } from "./source.ts";

/**
 * Makes sure that a file, its manifest and its roles are still those that were inspected. Hours may have passed, and
 * another program may have removed or replaced old backups.
 * @param inspect reads the file again if its identity has changed.
 * @throws RestoreError `bad-file` when one is gone or another; InterruptedError
 */
export async function requireStillThere(
  source: RestoreSource,
  inspect: (path: string) => Promise<RestoreSource>,
  signal: AbortSignal,
): Promise<void> {
  const { path } = source;
  if (identityOf(source.files) === source.identity) return;
  let why = "it is another file now";
  try {
    const present = await inspect(path);
    if (JSON.stringify(contentOf(present)) === JSON.stringify(contentOf(source))) return;
  } catch (error) {
    signal.throwIfAborted();
    why = messageOf(error);
  }
  throw new RestoreError(
    "bad-file",
    `${path} changed during the restore: ${why}; nothing was changed; choose another backup [DBK-ARCHIVE-2]`,
  );
}

const contentOf = ({ sha256, manifest, rolesPath }: RestoreSource) => ({ sha256, manifest, rolesPath });
