import type { Arguments } from "../../contract/command-line.ts";
import type { Settings, StoreSettings } from "../../contract/settings.ts";
import { UsageError } from "../base/errors.ts";
import { parseMoment } from "../program/moment.ts";

/** What a call of copy_backups is to do. */
export interface CopyRequest {
  action: "copy" | "list" | "fetch" | "prune" | "probe";
  /** Of `prune`: nothing is removed. */
  dryRun: boolean;
  stores: StoreSettings[];
  takesOver: boolean;
  /** Only the newest backup of each database is copied. */
  newest: boolean;
  database: string | null;
  name: string | null;
  before: Date | null;
  written: string | null;
}

/** @throws UsageError for options that exclude each other, and for unknown stores and databases. */
export function readCopyRequest(
  given: Arguments,
  settings: Pick<Settings, "copies" | "databases">,
): CopyRequest {
  const all = settings.copies?.stores ?? [];
  const store = given.value("store");
  const stores = store === undefined ? all : all.filter(({ name }) => name === store);
  if (store !== undefined && stores.length === 0)
    throw new UsageError(`there is no store ${store}; the settings have ${listed(all)}`);
  const database = given.value("database") ?? null;
  if (database !== null && !settings.databases.some(({ name }) => name === database))
    throw new UsageError(`there is no database ${database}; the settings have ${listed(settings.databases)}`);
  const [fetches, lists, takesOver, prunes, probes] = ["fetch", "list", "take-over", "prune", "probe"].map(
    (name) => given.flag(name),
  );
  if ([fetches, lists, takesOver, prunes, probes].filter(Boolean).length > 1)
    throw new UsageError("--fetch, --list, --probe, --prune and --take-over exclude each other");
  const newest = given.flag("newest");
  if (newest && (fetches || lists || prunes || probes)) throw new UsageError("--newest is for copying");
  const dryRun = given.flag("dry-run");
  if (dryRun && !prunes) throw new UsageError("--dry-run needs --prune");
  if ((fetches || takesOver) && store === undefined && all.length > 1)
    throw new UsageError(`say which store with --store: ${listed(all)}`);
  const [name = null] = given.operands;
  const at = given.value("at");
  if (!fetches && (name !== null || at !== undefined)) throw new UsageError("NAME and --at need --fetch");
  if (database !== null && !fetches && !lists) throw new UsageError("--database needs --fetch or --list");
  if (name !== null && at !== undefined)
    throw new UsageError(`--at chooses the backup: leave ${name} out, or --at`);
  if (fetches && name === null && database === null && settings.databases.length > 1)
    throw new UsageError(`say which with --database: ${listed(settings.databases)}`);
  const only = settings.databases.length === 1 ? (settings.databases[0]?.name ?? null) : null;
  return {
    action: fetches ? "fetch" : lists ? "list" : prunes ? "prune" : probes ? "probe" : "copy",
    dryRun,
    newest,
    stores,
    takesOver: takesOver === true,
    database: database ?? (fetches && name === null ? only : null),
    name,
    before: at === undefined ? null : parseMoment(at),
    written: at ?? null,
  };
}

const listed = (named: readonly { name: string }[]): string =>
  named.map(({ name }) => name).join(", ") || "none";
