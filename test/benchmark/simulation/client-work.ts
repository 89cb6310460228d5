import { pbkdf2, pbkdf2Sync } from "node:crypto";
import { promisify } from "node:util";

/**
 * Processor time, in seconds, that OpenSSH's client takes longer to agree on sntrup761x25519-sha512 with a current sshd
 * than on the curve25519-sha256 that simulated servers have. Measured on the benchmark's machine: 20 logins at a sandbox
 * server took it 1.40 s by default and 0.19 s with curve25519-sha256 alone.
 */
export const postQuantumSeconds = 0.06;

const derive = promisify(pbkdf2);
const sample = 50_000;

/** Gives what works for `seconds` of processor time, on whatever processor is free, as a process of ssh's would. */
export function workFor(seconds: number): () => Promise<unknown> {
  const before = process.cpuUsage();
  pbkdf2Sync("", "", sample, 32, "sha512");
  const { user, system } = process.cpuUsage(before);
  const rounds = Math.round((sample * seconds) / ((user + system) / 1e6));
  return () => derive("", "", rounds, 32, "sha512");
}
