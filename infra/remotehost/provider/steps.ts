import { createHash } from "node:crypto";
import { quote } from "../../../scripts/contract/quoting.ts";
import { commonSuffix, replacedName } from "./kept-things.ts";
import type { Found, Observation } from "./observation.ts";
import { formatRecord, type PathRecord, recordName } from "./records.ts";

/** Who may touch what a step makes. */
export interface Permissions {
  mode: string;
  owner: string;
  group: string;
}

/** One change on a server. Plans are lists of them. */
export type Step =
  /** Moves (or, for a file that is about to be replaced, copies) what is there to the place for replaced things. */
  | { do: "keep"; path: string; by: "move" | "copy" }
  /** Puts the request's body at the path, whole or not at all. */
  | { do: "write"; path: string; sha256: string; permissions: Permissions }
  | { do: "make-directory"; path: string; permissions: Permissions }
  | { do: "set-permissions"; path: string; permissions: Permissions }
  /** Takes everybody's right to write into the directory away, if there is one and no link leads to it. */
  | { do: "close-directory"; path: string }
  | { do: "write-record"; record: PathRecord }
  | { do: "drop-record"; path: string }
  | { do: "remove-file"; path: string }
  | { do: "remove-directory"; path: string }
  /** Puts another text in place of root's crontab; the one before is kept. Both have a character a byte. */
  | { do: "replace-crontab"; before: string; after: string };

/** What is to be done and what the person is told; a plan without steps says why it has none. */
export type Plan =
  | { steps: [Step, ...Step[]]; notes: string[] }
  | { steps: []; reason: string; notes: string[] };

export function plan(steps: readonly Step[], reason: string, notes: string[] = []): Plan {
  const [first, ...rest] = steps;
  return first ? { steps: [first, ...rest], notes } : { steps: [], reason, notes };
}

/** A thing in one word; two equal words mean that nothing has changed in between. The script computes the same. */
export function fingerprint(found: Found): string {
  if (found.kind === "file") return `file:${found.sha256}`;
  return found.kind;
}

/** The lines of a script that makes sure that the paths are as they were observed. */
export function renderExpectations(observations: readonly Observation[]): string[] {
  return observations.map(({ path, found }) => `expect ${quote(path)} ${quote(fingerprint(found))}`);
}

/** The lines of a script that does the steps with the functions of `changing-script.ts`. */
export function renderSteps(steps: readonly Step[], now: Date): string[] {
  return steps.map((step) => renderers[step.do](step as never, now));
}

/** What stands for the path of root's own crontab. */
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
