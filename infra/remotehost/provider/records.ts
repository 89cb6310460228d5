import { createHash } from "node:crypto";

/** The directory on a server in which the provider records the owner and its files. Root only. */
export const stateDirectory = "/var/lib/remotehost";

/** The advice for a machine that the stack `owner` (`PROJECT/STACK`) owns. */
export const ownerAdvice = (owner: string): string =>
  `If that stack was renamed, or the server moved here by pulumi state move, or it no longer exists: set formerStack: ${owner}. ` +
  "Else take the server out of one of the two; the other stack gives it up by decommissioning it with `remove`.";

/** The server's record of one path. Lines of `name=value`, so that a shell can read it. */
export interface PathRecord {
  urn: string;
  path: string;
  kind: "file" | "directory" | "cron-table";
  /** Of the bytes last written; empty for a directory. */
  sha256: string;
  /** Whether the bytes may be shown. */
  content: "plain" | "sensitive" | "none";
}

const kinds = ["file", "directory", "cron-table"] as const;
const contents = ["plain", "sensitive", "none"] as const;

/** The name of a path's record in `records/`. */
export function recordName(path: string): string {
  return createHash("sha256").update(path).digest("hex");
}

export function formatRecord(record: PathRecord): string {
  return Object.entries(record)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/**
 * The problem of the record of a resource's path, as a property that no desired state has; nothing if the record names
 * the resource. A path without a record would have no owner and would never be removed.
 */
export function recordProblem(record: PathRecord | null, urn: string): { record?: string } {
  if (record === null) return { record: "missing" };
  return record.urn === urn ? {} : { record: `of ${record.urn}` };
}

/** The record, or null if the text is not one: then the path has no known owner. */
export function parseRecord(text: string): PathRecord | null {
  const lines = new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  const kind = kinds.find((known) => known === lines.get("kind"));
  const content = contents.find((known) => known === lines.get("content"));
  const [urn, path, sha256] = [lines.get("urn"), lines.get("path"), lines.get("sha256")];
  if (!kind || !content || !urn || !path || sha256 === undefined) return null;
  return { urn, path, kind, sha256, content };
}
