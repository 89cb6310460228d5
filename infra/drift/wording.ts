import type { Drift, Pending, PropertyChange, ServerReport } from "./report.ts";

/** The summary of a server's findings, in one clause. */
export function verdictOf(server: ServerReport): string {
  if (server.verdict === "unknown") return "could not be looked at";
  const { length } = server.drift;
  const changes = length === 1 ? "1 resource was changed" : `${length} resources were changed`;
  if (length > 0)
    return server.problems.length > 0 ? `${changes}, and it is not ready for a deployment` : changes;
  if (server.problems.length > 0) return "not ready for a deployment";
  return server.deployed ? "as deployed" : "not deployed yet";
}

/** The place of a resource: its path, if it has one, and its name. */
export const titleOf = ({ path, resource, type }: Drift | Pending): string =>
  path === null ? `${type} ${resource}` : path;

/** The time of change, as `, changed TIME`; empty if unknown. */
export const timeOf = ({ changedAt }: Drift): string =>
  changedAt === null ? "" : `, changed ${changedAt.slice(0, 19).replace("T", " ")} UTC`;

/** The fate of the resource, if it is not the change itself. */
export const changeOf = ({ change }: Drift): string | null => (change === "missing" ? "missing" : null);

/** A property's two values, `mode: 0600 → 0644`. */
export function propertyText({ name, before, after }: PropertyChange): string {
  if (name === "obstacle") return `${value(after)} is in its place`;
  if (name === "record" && after === "missing")
    return "the server has no record of it any more [DBK-DRIFT-3]";
  if (name === "record" && after !== null)
    return `the server has it recorded as ${value(after)} [DBK-DRIFT-3]`;
  if (name === "sha256")
    return `content differs, and is not shown: sha256 ${value(before)}… → ${value(after)}…`;
  return `${name}: ${value(before)} → ${value(after)}`;
}

function value(json: PropertyChange["before"]): string {
  if (json === null) return "(none)";
  return typeof json === "string" && json !== "" ? json : JSON.stringify(json);
}

/** What is pending, one line each, with the servers for which it is: a new program is the same for all of them. */
export function pendingGroups(servers: readonly ServerReport[]): { keys: string[]; lines: Pending[] }[] {
  const groups = Map.groupBy(
    servers.filter(({ pending }) => pending.length > 0),
    ({ pending }) => JSON.stringify(pending.map((one) => [one.change, titleOf(one), namesOf(one)])),
  );
  return [...groups.values()].map((group) => ({
    keys: group.map(({ key }) => key),
    lines: group[0]?.pending ?? [],
  }));
}

/** The names of the properties that differ. */
export const namesOf = ({ diff, properties }: Pending): string[] => [
  ...(diff === null ? [] : ["content"]),
  ...properties.map(({ name }) => name),
];

// Characters that could move a terminal's cursor, reverse a line or be invisible, without tabs and line ends.
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that must not get through
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Makes a server's text safe to show: invisible characters become codes, `\u{1b}`. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The first lines of a diff, and a word about the others; without the final line end. */
export function diffLines(diff: string, most: number, longest: number): string[] {
  const lines = printable(diff.replace(/\n$/, "")).split("\n");
  const cut = lines
    .slice(0, most)
    .map((line) => (line.length > longest ? `${line.slice(0, longest)}… (${line.length} characters)` : line));
  return lines.length > most ? [...cut, `… ${lines.length - most} more lines: see --json`] : cut;
}

/** The next steps; empty if there is nothing to do. */
export function advice(servers: readonly ServerReport[], stack: string | null): string[] {
  const up = `pulumi up${stack === null ? "" : ` --stack ${stack}`}`;
  const hasDrift = servers.some(({ drift }) => drift.length > 0);
  const hasPending = servers.some(({ pending }) => pending.length > 0);
  return [
    ...(hasDrift
      ? [
          `To put back what was changed: ${up} (what it replaces is kept on the server, in replaced/ of paths.installation).`,
        ]
      : []),
    ...(hasPending ? [`To deploy what is pending: ${up}; pulumi preview --diff shows it.`] : []),
  ];
}
