import type { Arguments, Option } from "../../contract/command-line.ts";
import { UsageError } from "../base/errors.ts";
import { parseMoment } from "../program/moment.ts";
import { parseTables, type RequestedTable } from "./table-names.ts";

export const restoreOptions: readonly Option[] = [
  {
    name: "database",
    value: "NAME",
    description: "which configured database, also for a file of another one",
  },
  { name: "at", value: "TIME", description: "instead of FILE: the newest verified backup at or before TIME" },
  { name: "latest", description: "instead of FILE: the newest verified backup" },
  {
    name: "from",
    value: "STORE",
    description: "fetch the backup from this store first: FILE, --latest or --at; also with --list",
  },
  { name: "dry-run", description: "show each step and what it needs; nothing is changed" },
  { name: "verify-only", description: "read it in full and say what it holds; needs no container" },
  {
    name: "into",
    value: "NAME",
    description: "into a new database NAME beside the live one, which stays live",
  },
  {
    name: "keep-going",
    description: "with --into: load all that can be loaded, and list what cannot (exit code 13)",
  },
  {
    name: "table",
    value: "[SCHEMA.]TABLE",
    description: "only this table, into a schema of its own in the live database; repeat it or use commas",
    repeatable: true,
  },
  {
    name: "in-place",
    description:
      "where there is no space for two: drop the live database first, once the file and a backup of it are proven",
  },
  { name: "rollback", description: "undo: bring back the database that the last restore replaced" },
  { name: "list", description: "show the backups and the kept databases" },
  {
    name: "accept-differences",
    description: "continue with a warning if the restored data differs from the manifest",
  },
  { name: "yes", description: "do not ask; required without a terminal" },
  { name: "json", description: "print the result as JSON" },
];

/** The action of a call of restore_database; `replace` is the default. */
export type Action = "replace" | "in-place" | "into" | "table" | "verify-only" | "rollback" | "list";

/** The options that each choose an action. */
const actions = ["in-place", "into", "table", "verify-only", "rollback", "list"] as const;

export interface Request {
  action: Action;
  /** The file, or with --rollback the kept database; null when none is named. */
  operand: string | null;
  /** The requested moment, and its text on the command line. */
  at: { moment: Date; written: string } | null;
  /** The newest verified backup is meant. */
  latest: boolean;
  /** The store that the backup is fetched from; null for one of this server. */
  from: string | null;
  /** The name of a new database, with `into`. */
  into: string;
  /** With `into`: parts that cannot be loaded are left out. */
  keepGoing: boolean;
  /** With `table`. */
  tables: RequestedTable[];
  database: string | undefined;
  dryRun: boolean;
  /** No confirmation is needed. */
  confirmed: boolean;
  /** Differences from the manifest are logged and do not stop the restore. */
  acceptDifferences: boolean;
}

/** @throws UsageError for options that exclude each other, for a missing file and for values of another form. */
export function readRequest(given: Arguments): Request {
  const isGiven = (name: string) =>
    given.flag(name) || given.value(name) !== undefined || given.values(name).length > 0;
  const [action = "replace", second] = actions.filter(isGiven);
  if (second !== undefined) throw new UsageError(`--${action} and --${second} exclude each other`);
  if (given.value("into") === "") throw new UsageError("--into needs a name");
  if (given.flag("keep-going") && action !== "into")
    throw new UsageError("--keep-going needs --into NAME: a part never replaces the live database");
  const [operand = null] = given.operands;
  const at = given.value("at");
  if (at !== undefined && (action === "rollback" || action === "list"))
    throw new UsageError(`--at and --${action} exclude each other`);
  if (at !== undefined && operand !== null)
    throw new UsageError(`--at chooses the backup: leave ${operand} out, or --at`);
  const latest = given.flag("latest");
  if (latest && (action === "rollback" || action === "list"))
    throw new UsageError(`--latest and --${action} exclude each other`);
  if (latest && (operand !== null || at !== undefined))
    throw new UsageError(`--latest chooses the backup: leave ${operand ?? "--at"} out, or --latest`);
  const from = given.value("from") ?? null;
  if (from !== null && action === "rollback")
    throw new UsageError("--from and --rollback exclude each other");
  if (from !== null && given.flag("dry-run"))
    throw new UsageError("--dry-run fetches nothing; run: copy_backups --fetch, then this without --from");
  if (action === "list" && operand !== null)
    throw new UsageError("--list takes no file; --database NAME shows one");
  if (action !== "list" && action !== "rollback" && operand === null && at === undefined && !latest)
    throw new UsageError("name the backup, or use --latest or --at; run: restore_database --list");
  return {
    action,
    operand,
    at: at === undefined ? null : { moment: parseMoment(at), written: at },
    latest,
    from,
    into: given.value("into") ?? "",
    keepGoing: given.flag("keep-going"),
    tables: given.values("table").flatMap(parseTables),
    database: given.value("database"),
    dryRun: given.flag("dry-run"),
    confirmed: given.flag("yes"),
    acceptDifferences: given.flag("accept-differences"),
  };
}
