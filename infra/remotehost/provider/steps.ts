import { createHash } from "node:crypto";
import { quote } from "../../../scripts/contract/quoting.ts";
import { commonSuffix, replacedName } from "./kept-things.ts";
import type { Found, Observation } from "./observation.ts";
import { formatRecord, type PathRecord, recordName } from "./records.ts";

/** Owner, group and mode of a step's result. */
export interface Permissions {
  mode: string;
  owner: string;
  group: string;
}

/** One change on a server. Plans are lists of them. */
export type Step =
  /** Moves the present object to the directory for replaced files; a file that is about to be replaced is copied. */
  | { do: "keep"; path: string; by: "move" | "copy" }
  /** Writes the request's body to the path, completely or not at all. */
  | { do: "write"; path: string; sha256: string; permissions: Permissions }
  | { do: "make-directory"; path: string; permissions: Permissions }
  | { do: "set-permissions"; path: string; permissions: Permissions }
  /** Removes world write permission from the directory, if it exists and is not reached by a link. */
  | { do: "close-directory"; path: string }
  | { do: "write-record"; record: PathRecord }
  | { do: "drop-record"; path: string }
  | { do: "remove-file"; path: string }
  | { do: "remove-directory"; path: string }
  /** Replaces root's crontab; the old one is kept. Both have one character per byte. */
  | { do: "replace-crontab"; before: string; after: string };

/** The steps and notes of a plan. A plan without steps has a reason. */
export type Plan =
  | { steps: [Step, ...Step[]]; notes: string[] }
  | { steps: []; reason: string; notes: string[] };

export function plan(steps: readonly Step[], reason: string, notes: string[] = []): Plan {
  const [first, ...rest] = steps;
  return first ? { steps: [first, ...rest], notes } : { steps: [], reason, notes };
}

/**
 * The fingerprint of an object: two equal ones mean that nothing has changed in between. The script computes the same.
 */
export function fingerprint(found: Found): string {
  if (found.kind === "file") return `file:${found.sha256}`;
  return found.kind;
}

/** The script lines that check that the paths are unchanged since they were observed. */
export function renderExpectations(observations: readonly Observation[]): string[] {
  return observations.map(({ path, found }) => `expect ${quote(path)} ${quote(fingerprint(found))}`);
}

/** The script lines that do the steps with the functions of `changing-script.ts`. */
export function renderSteps(steps: readonly Step[], now: Date): string[] {
  return steps.map((step) => renderers[step.do](step as never, now));
}

/** The placeholder for the path of root's own crontab. */
const crontab = "/crontab-of-root";

type Renderers = { [Kind in Step["do"]]: (step: Extract<Step, { do: Kind }>, now: Date) => string };

const renderers: Renderers = {
  keep: ({ path, by }, now) => words("keep", by, path, replacedName(path, now), commonSuffix(path)),
  write: ({ path, sha256, permissions }) => words("write", path, ...permissionWords(permissions), sha256),
  "make-directory": ({ path, permissions }) => words("make_directory", path, ...permissionWords(permissions)),
  "set-permissions": ({ path, permissions }) =>
    words("set_permissions", path, ...permissionWords(permissions)),
  "close-directory": ({ path }) => words("close_directory", path),
  "write-record": ({ record }) => words("write_record", recordName(record.path), formatRecord(record)),
  "drop-record": ({ path }) => words("drop_record", recordName(path)),
  "remove-file": ({ path }) => words("remove_file", path),
  "remove-directory": ({ path }) => words("remove_directory", path),
  "replace-crontab": ({ before, after }, now) => {
    const [bytes, hash] = [Buffer.from(after, "latin1"), sha256(Buffer.from(before, "latin1"))];
    const kept = [replacedName(crontab, now), commonSuffix(crontab)];
    return words("replace_crontab", hash, bytes.toString("base64"), ...kept);
  },
};

function permissionWords({ mode, owner, group }: Permissions): string[] {
  return [mode, `${owner}:${group}`];
}

function words(command: string, ...rest: string[]): string {
  return [command, ...rest.map(quote)].join(" ");
}

function sha256(text: Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}
