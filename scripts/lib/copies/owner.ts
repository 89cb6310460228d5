import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Owner, ownerName } from "../../contract/copies.ts";
import type { Settings, StoreSettings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { DirectoryEntry } from "../store/entries.ts";
import type { Store } from "../store/store.ts";
import { sealed, unsealed } from "./seal.ts";

/** Whose copies lie in a prefix: nobody's yet, ours, those of a machine that this one may replace, or another stack's. */
export type Ownership =
  | { kind: "free" }
  | { kind: "ours"; owner: Owner }
  | { kind: "former"; owner: Owner }
  | { kind: "foreign"; reason: string };

type Who = Pick<Settings, "server" | "stack"> & { machine: string };

/** @throws an error of the file system */
export const machineId = (): string => readFileSync("/etc/machine-id", "utf8").trim();

/** What an owner's file says about us. */
export function ownershipOf(text: string | null, { machine, server, stack }: Who, key: Buffer): Ownership {
  if (text === null) return { kind: "free" };
  let owner: Owner | null;
  try {
    owner = unsealed("owner", Owner, text, key);
  } catch {
    return { kind: "foreign", reason: `${ownerName} there is not readable` };
  }
  if (owner === null) return { kind: "foreign", reason: `${ownerName} there was written with another key` };
  if (owner.stack !== stack)
    return { kind: "foreign", reason: `it belongs to ${owner.server} of ${owner.stack}` };
  const isOurs = owner.machine === machine && owner.server === server;
  return { kind: isOurs ? "ours" : "former", owner };
}

export interface OwnerOrder {
  store: Store;
  place: StoreSettings;
  who: Who;
  key: Buffer;
  /** Whether this machine may take the copies of the one before over. */
  takesOver: boolean;
  signal: AbortSignal;
}

/** The servers whose copies lie at a place: the owner and those before it. */
const serversOf = ({ formerly, server }: Owner): Set<string> =>
  new Set([server, ...formerly.map((one) => one.server)]);

/**
 * The servers of this stack whose copies count at a place: this one, and those that its owner names. A set that was
 * copied there from another place of the stack is genuine, and is none of them.
 * @throws StoreError
 */
export async function serversAt(
  store: Store,
  entries: readonly DirectoryEntry[],
  who: Pick<Settings, "server" | "stack">,
  key: Buffer,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ownership = ownershipOf(await ownerText(store, entries, signal), { ...who, machine: "" }, key);
  return ownership.kind === "former"
    ? new Set([who.server, ...serversOf(ownership.owner)])
    : new Set([who.server]);
}

/**
 * Makes sure that the copies at a place are this server's, and makes them so where there are none.
 * @returns the servers whose copies count there.
 * @throws ProgramError if they are somebody else's; StoreError
 */
export async function requireOwnership(
  order: OwnerOrder,
  entries: readonly DirectoryEntry[],
): Promise<ReadonlySet<string>> {
  const { key, place, signal, store, takesOver, who } = order;
  const ownership = ownershipOf(await ownerText(store, entries, signal), who, key);
  const where = `store ${place.name} (${place.place})`;
  if (ownership.kind === "ours") return serversOf(ownership.owner);
  if (ownership.kind === "foreign") {
    throw new ProgramError(
      `${where} holds copies of somebody else: ${ownership.reason}; give this server another prefix [DBK-COPY-3]`,
      ExitCode.configuration,
    );
  }
  if (ownership.kind === "free") {
    if (entries.some(({ name }) => name.endsWith(".copy.json")))
      throw new ProgramError(
        `${where} holds copies without ${ownerName}; find out whose they are, or give this server another prefix [DBK-COPY-3]`,
        ExitCode.configuration,
      );
    await writeOwner(order, []);
    return new Set([who.server]);
  }
  const { owner } = ownership;
  if (!takesOver) {
    throw new ProgramError(
      `${where} holds the copies of ${owner.server} on another machine (${owner.machine}, since ${owner.since}); if that one is gone, run: copy_backups --take-over --store ${place.name} [DBK-COPY-4]`,
      ExitCode.notPermitted,
    );
  }
  const until = new Date().toISOString();
  const { machine, server } = owner;
  await writeOwner(order, [...owner.formerly, { server, machine, until }]);
  return new Set([who.server, ...serversOf(owner)]);
}

/** The owner's file; null if there is none. One that no run writes is not fetched: it may be of any size. */
async function ownerText(
  store: Store,
  entries: readonly DirectoryEntry[],
  signal: AbortSignal,
): Promise<string | null> {
  const entry = entries.find(({ name }) => name === ownerName);
  if (entry === undefined) return null;
  return entry.isFile && entry.bytes <= longestText ? textOf(store, ownerName, signal) : "";
}

async function writeOwner(
  { key, signal, store, who }: OwnerOrder,
  formerly: Owner["formerly"],
): Promise<void> {
  const { machine, server, stack } = who;
  const since = new Date().toISOString();
  const text = sealed("owner", { version: 1, stack, server, machine, since, formerly }, key);
  await inScratch(async (path) => {
    writeFileSync(path, text, { mode: 0o600 });
    await store.put(path, ownerName, signal);
  });
}

/** Bytes that a marker or an owner may have; a run writes some hundreds. */
export const longestText = 65_536;

/** A small file of a store. @throws StoreError */
export function textOf(store: Store, name: string, signal: AbortSignal): Promise<string> {
  return inScratch(async (path) => {
    const output = openSync(path, "wx", 0o600);
    try {
      await store.read(name, output, signal);
    } finally {
      closeSync(output);
    }
    return readFileSync(path, "utf8");
  });
}

async function inScratch<T>(work: (path: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), "store-file-"));
  try {
    return await work(join(scratch, "file"));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
