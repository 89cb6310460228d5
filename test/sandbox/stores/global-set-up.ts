import { ensureMoto } from "../set-up/moto.ts";
import { ensureRclone } from "../set-up/rclone.ts";
import { ensureSshd } from "../set-up/sshd.ts";
import { ensureVersitygw } from "../set-up/versitygw.ts";

/** Vitest calls this once before tests of stores: what takes minutes once is no part of a test. */
export async function setup(): Promise<void> {
  await ensureRclone();
  await ensureMoto();
  await ensureSshd();
  await ensureVersitygw();
}
