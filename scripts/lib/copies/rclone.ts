import { spawn } from "node:child_process";
import type { StoreSettings } from "../../contract/settings.ts";
import { endedBy, messageOf, systemCode } from "../base/errors.ts";
import { type RcloneFailure, StoreError } from "./store-error.ts";

/** rclone for one store: how it is called. */
export interface Rclone {
  /** The program. */
  path: string;
  store: Pick<StoreSettings, "name" | "place" | "path" | "bandwidthBytes">;
  /** The options of the backend, the secret ones among them. */
  options: Readonly<Record<string, string>>;
  /** What no message may contain. */
  secrets: readonly string[];
}

export interface RcloneResult {
  /** Bytes of its output; 0 if a descriptor took it. */
  bytes: number;
}

export interface RcloneOptions {
  /** Takes the output in pieces; a descriptor takes it all. Nothing takes it unless set. */
  output?: number | ((piece: Buffer) => void);
  signal?: AbortSignal | undefined;
}

/**
 * No configuration file: rclone writes into it by itself. One attempt: a second one takes what the first left behind for
 * whole. A store that does not answer is given up. Why a command fails as a whole is a notice.
 */
const flags: Readonly<Record<string, string>> = {
  config: "",
  retries: "1",
  "low-level-retries": "2",
  contimeout: "15s",
  timeout: "60s",
  transfers: "1",
  checkers: "1",
  "s3-upload-concurrency": "2",
  stats: "0",
  "log-level": "NOTICE",
};

const stderrLimit = 65_536;
/** How long rclone has to take back a half-sent upload. */
const patience = 3_000;

/** The name of a file at the store, in rclone's words. `STORE` is a remote that only its environment describes. */
export const remote = ({ store }: Rclone, name = ""): string =>
  `STORE:${[store.path, name].filter((part) => part !== "").join("/")}`;

/**
 * Runs rclone once.
 * @throws StoreError if it fails; the signal's reason if that ends it.
 */
export function runRclone(
  rclone: Rclone,
  words: readonly string[],
  { output, signal }: RcloneOptions = {},
): Promise<RcloneResult> {
  const { bandwidthBytes } = rclone.store;
  const limit = bandwidthBytes === undefined ? {} : { bwlimit: `${bandwidthBytes}B` };
  const given = Object.entries({ ...flags, ...limit }).flatMap(([name, value]) => [`--${name}`, value]);
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(endedBy(signal));
    const child = spawn(rclone.path, [...given, ...words], {
      detached: true,
      env: environment(rclone),
      stdio: ["ignore", typeof output === "number" ? output : "pipe", "pipe"],
    });
    let bytes = 0;
    let stderr = "";
    child.stdout?.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (typeof output === "function") output(piece);
    });
    child.stderr?.on("data", (piece: Buffer) => {
      stderr = (stderr + piece.toString()).slice(-stderrLimit);
    });
    let killing: NodeJS.Timeout | undefined;
    const end = () => {
      child.kill("SIGTERM");
      killing = setTimeout(() => child.kill("SIGKILL"), patience);
    };
    signal?.addEventListener("abort", end, { once: true });
    const over = () => {
      clearTimeout(killing);
      signal?.removeEventListener("abort", end);
    };
    child.on("error", (error) => {
      over();
      const kind: RcloneFailure = systemCode(error) === "ENOENT" ? "missing" : "failed";
      reject(new StoreError(rclone.store, kind, messageOf(error), error));
    });
    child.on("close", (code, killer) => {
      over();
      if (signal?.aborted) return reject(endedBy(signal));
      if (code === 0) return resolve({ bytes });
      const reason =
        reasonIn(stderr) ?? (killer === null ? `exit status ${code}` : `it was ended by ${killer}`);
      reject(new StoreError(rclone.store, failureOf(code, stderr), withoutSecrets(reason, rclone.secrets)));
    });
  });
}

/** A clean one: variables of the login must not count. */
function environment({ options }: Rclone): NodeJS.ProcessEnv {
  const named = Object.entries(options).map(([name, value]) => [
    `RCLONE_CONFIG_STORE_${name.toUpperCase()}`,
    value,
  ]);
  return { PATH: process.env.PATH, HOME: "/nonexistent", ...Object.fromEntries(named) };
}

/** rclone's exit status for a directory that is not there, and for a file. */
const absent: readonly (number | null)[] = [3, 4];

/** Words of the stores, in rclone's messages. */
const symptoms: readonly [RegExp, RcloneFailure][] = [
  [/RequestTimeTooSkewed/, "clock"],
  [
    /AccessDenied|Forbidden|StatusCode: 403|SignatureDoesNotMatch|InvalidAccessKeyId|Unauthorized|unable to authenticate|AuthenticationFailed/i,
    "access",
  ],
  [/no space left|QuotaExceeded|EntityTooLarge|Insufficient Storage|disk full|StorageFull/i, "full"],
  [/NoSuchBucket|bucket .*does not exist|ContainerNotFound/i, "absent"],
  [/knownhosts|host key/i, "host-key"],
  [/source file is being updated|can't copy - source file/i, "changed"],
];

function failureOf(code: number | null, stderr: string): RcloneFailure {
  const symptom = symptoms.find(([pattern]) => pattern.test(stderr));
  if (symptom !== undefined) return symptom[1];
  return absent.includes(code) ? "absent" : "failed";
}

/** The last error in rclone's words, without the time in front. */
function reasonIn(stderr: string): string | null {
  const lines = stderr.split("\n").filter((line) => /\S/.test(line));
  const last = lines.findLast((line) => /ERROR|CRITICAL|NOTICE/.test(line)) ?? lines.at(-1);
  if (last === undefined) return null;
  return last.replace(/^\S+ \S+ (?:ERROR|CRITICAL|NOTICE)\s*:\s*/, "").trim();
}

/** An error of a store repeats what it was sent. */
const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((cleaned, secret) => (secret === "" ? cleaned : cleaned.replaceAll(secret, "…")), text);
