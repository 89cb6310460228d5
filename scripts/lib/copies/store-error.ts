import type { StoreSettings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";

/**
 * `missing`: rclone is not on the server; `access`: the store refuses the key or a right; `absent`: bucket, directory or
 * file is not there; `full`: the store has no room; `clock`: this server's clock is off; `host-key`: the sftp server has
 * another key; `changed`: a file changed while it was sent.
 */
export type RcloneFailure =
  | "missing"
  | "access"
  | "absent"
  | "full"
  | "clock"
  | "host-key"
  | "changed"
  | "failed";

/** Something failed at a store. */
export class StoreError extends ProgramError {
  override readonly name = "StoreError";
  readonly kind: RcloneFailure;
  readonly store: string;
  constructor(
    { name, place }: Pick<StoreSettings, "name" | "place">,
    kind: RcloneFailure,
    detail: string,
    cause?: unknown,
  ) {
    super(explanations[kind](`store ${name} (${place})`, detail), exitCodes[kind], cause);
    this.kind = kind;
    this.store = name;
  }
}

const explanations: Record<RcloneFailure, (store: string, detail: string) => string> = {
  missing: (store, detail) => `${store}: rclone cannot be started (${detail}); run: pulumi up [DBK-REMOTE-1]`,
  access: (store, detail) =>
    `${store} refuses access: ${detail}; check its key and the key's rights, then: pulumi up [DBK-REMOTE-2]`,
  absent: (store, detail) =>
    `${store}: not found: ${detail}; make the bucket or directory, or correct the setting [DBK-REMOTE-3]`,
  full: (store, detail) =>
    `${store} has no room: ${detail}; make room there or raise its limit [DBK-REMOTE-4]`,
  clock: (store, detail) =>
    `${store} refuses this server's time: ${detail}; set the clock, then: timedatectl [DBK-REMOTE-5]`,
  "host-key": (store, detail) =>
    `${store} has another host key than configured: ${detail}; find out why before you set hostKey [DBK-REMOTE-6]`,
  changed: (store, detail) => `${store}: a file changed while it was sent: ${detail} [DBK-REMOTE-7]`,
  failed: (store, detail) => `${store}: ${detail} [DBK-REMOTE-8]`,
};

const exitCodes: Record<RcloneFailure, ExitCode> = {
  missing: ExitCode.configuration,
  access: ExitCode.unavailable,
  absent: ExitCode.unavailable,
  full: ExitCode.noSpace,
  clock: ExitCode.unavailable,
  "host-key": ExitCode.unavailable,
  changed: ExitCode.failed,
  failed: ExitCode.unavailable,
};
