import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Conversation } from "./conversation.ts";
import { DeploymentError } from "./errors.ts";
import type { StackFile } from "./stack-file.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The chosen address in Pulumi's file of credentials; null if there is none. */
export function currentBackend(credentials: string | null): string | null {
  if (credentials === null) return null;
  try {
    const { current }: { current?: unknown } = JSON.parse(credentials);
    return typeof current === "string" && current !== "" ? current : null;
  } catch {
    return null;
  }
}

function credentialsOf(environment: Environment): string | null {
  const directory =
    environment.PULUMI_CREDENTIALS_PATH || environment.PULUMI_HOME || join(homedir(), ".pulumi");
  const path = join(directory, "credentials.json");
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** Where Pulumi keeps the state; null if not decided yet. */
export function chosenBackend(environment: Environment, credentials: string | null): string | null {
  if (environment.PULUMI_BACKEND_URL) return environment.PULUMI_BACKEND_URL;
  return currentBackend(credentials) ?? (environment.PULUMI_ACCESS_TOKEN ? "https://api.pulumi.com" : null);
}

const localBackend = "file://~";

const noBackend = "Pulumi has no place to keep its state yet; nothing was changed [DBK-STACK-2]";
const backends = `Choose one, once, and run this again:
  pulumi login               Pulumi Cloud
  pulumi login s3://BUCKET   a bucket of your own
  --local                    this machine: ~/.pulumi`;

/**
 * Finds out where the state is kept. If nothing was chosen, it asks, or uses this machine's disk with --local.
 * @returns additions to Pulumi's environment
 */
async function backendOf(
  environment: Environment,
  local: boolean,
  talk: Conversation,
): Promise<{ url: string; login: boolean }> {
  const chosen = chosenBackend(environment, credentialsOf(environment));
  if (chosen !== null) return { url: chosen, login: false };
  if (local) return { url: localBackend, login: true };
  const question = "Pulumi has no place to keep its state yet. Keep it on this machine, in ~/.pulumi?";
  if (talk.possible && (await talk.confirm(question))) return { url: localBackend, login: true };
  throw new DeploymentError("configuration", noBackend, backends);
}

/** Whether the stack's secrets are encrypted with a passphrase. */
export function needsPassphrase(url: string, environment: Environment, file: StackFile): boolean {
  if (environment.PULUMI_CONFIG_PASSPHRASE !== undefined || environment.PULUMI_CONFIG_PASSPHRASE_FILE)
    return false;
  if (file.topLevel("encryptionsalt") !== undefined) return true;
  const isCloud = /^https?:/.test(url);
  return !isCloud && file.topLevel("secretsprovider") === undefined;
}

const noPassphrase =
  "a passphrase encrypts the stack's secrets, and neither PULUMI_CONFIG_PASSPHRASE nor " +
  "PULUMI_CONFIG_PASSPHRASE_FILE is set [DBK-STACK-3]";

async function askPassphrase(file: StackFile, talk: Conversation): Promise<string> {
  if (!talk.possible) {
    const next = "Set one of them. For a new stack choose a passphrase and keep it: it cannot be recovered.";
    throw new DeploymentError("configuration", noPassphrase, next);
  }
  if (file.topLevel("encryptionsalt") !== undefined)
    return talk.askSecretly("Passphrase of the stack (PULUMI_CONFIG_PASSPHRASE): ");
  const first = await talk.askSecretly(
    "Choose a passphrase for the stack's secrets and keep it, every later run needs it (may be empty): ",
  );
  if (first === (await talk.askSecretly("The same again: "))) return first;
  throw new DeploymentError("notConfirmed", "the two passphrases differ; nothing was changed [DBK-STACK-3]");
}

/** The access to the state for Pulumi. */
export interface Backend {
  /** To be added to the environment. */
  environment: Record<string, string>;
  /** The address to log in to, so that later commands find the state as well. */
  login: string | null;
}

/** Finds out where the state is kept and the passphrase of its secrets, and asks if necessary. */
export async function chooseBackend(
  given: Environment,
  file: StackFile,
  local: boolean,
  talk: Conversation,
): Promise<Backend> {
  const { url, login } = await backendOf(given, local, talk);
  const environment: Record<string, string> = {};
  if (needsPassphrase(url, given, file))
    environment.PULUMI_CONFIG_PASSPHRASE = await askPassphrase(file, talk);
  return { environment, login: login ? url : null };
}
