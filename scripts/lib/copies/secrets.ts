import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import * as z from "zod/mini";
import { type Settings, StoreSecrets, type StoreSettings } from "../../contract/settings.ts";
import { messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { runChild } from "../system/child.ts";
import type { Rclone } from "./rclone.ts";

type Copies = NonNullable<Settings["copies"]>;

/**
 * The stack's key, by which copies are known as this system's own.
 * @throws ProgramError if its file cannot be used.
 */
export function stackKey({ keyFile }: Copies): Buffer {
  const text = secretText(keyFile, "the key of copies").trim();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw unusable(keyFile, "the key of copies", "it is not 64 hexadecimal digits");
  return Buffer.from(text, "hex");
}

/**
 * rclone with everything that it needs for a store.
 * @throws ProgramError if the store's secrets cannot be used.
 */
export async function rcloneFor(
  { rclone }: Copies,
  store: StoreSettings,
  signal: AbortSignal,
): Promise<Rclone> {
  const what = `the secrets of store ${store.name}`;
  let secrets: StoreSecrets;
  try {
    secrets = z.parse(StoreSecrets, JSON.parse(secretText(store.secretsFile, what)));
  } catch (error) {
    if (error instanceof ProgramError) throw error;
    // The parser's message may repeat a part of the text.
    throw unusable(store.secretsFile, what, "it is not what a deployment writes");
  }
  const passwords: [string, string][] = [];
  for (const [name, password] of Object.entries(secrets.passwords)) {
    passwords.push([name, await obscured(rclone, password, signal)]);
  }
  const options = { ...store.options, ...secrets.options, ...Object.fromEntries(passwords) };
  const hidden = [...Object.values(secrets.options), ...Object.values(secrets.passwords)];
  return { path: rclone, store, options, secrets: [...hidden, ...passwords.map(([, text]) => text)] };
}

/** A password in the form that rclone takes; it is no protection. */
async function obscured(rclone: string, password: string, signal: AbortSignal): Promise<string> {
  const { code, stdout } = await runChild(rclone, ["--config", "", "obscure", "-"], {
    input: password,
    timeoutSeconds: 30,
    signal,
  });
  if (code !== 0)
    throw new ProgramError(
      `${rclone} cannot be run (status ${code}); run: pulumi up [DBK-REMOTE-1]`,
      ExitCode.configuration,
    );
  return stdout.trim();
}

function secretText(path: string, what: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unusable(path, what, messageOf(error));
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw unusable(path, what, "it is not a file");
    if ((status.mode & 0o077) !== 0) throw unusable(path, what, "others can read it");
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

const unusable = (path: string, what: string, reason: string): ProgramError =>
  new ProgramError(
    `${what} cannot be used: ${path}: ${reason}; run: pulumi up [DBK-COPY-12]`,
    ExitCode.configuration,
  );
