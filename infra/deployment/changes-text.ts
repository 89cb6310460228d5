import type { painter } from "../../scripts/contract/shown.ts";
import type { Change, EngineReport } from "./changes.ts";

type Paint = ReturnType<typeof painter>;

const marks = { create: "+", update: "~", replace: "±", delete: "-" } as const;
const colours = { create: "green", update: "yellow", replace: "yellow", delete: "red" } as const;

const kinds: Readonly<Record<string, string>> = {
  File: "file",
  Directory: "directory",
  CronTable: "cron table",
  Readiness: "whether the server is ready",
  Command: "first backup and status check",
};

function line(change: Change, isEdited: boolean, width: number, paint: Paint): string {
  const what =
    change.operation === "update" ? change.properties.join(", ") : (kinds[change.type] ?? change.type);
  const name = (change.path ?? change.name).padEnd(width);
  const why = isEdited ? `${what === "" ? "" : "; "}edited on the server` : "";
  return `  ${paint(colours[change.operation], marks[change.operation])} ${name}  ${what}${why}`.trimEnd();
}

/** "3 to create, 1 to update", or "nothing to do". */
export function countText(changes: readonly Change[]): string {
  const counts = Object.keys(marks).flatMap((operation) => {
    const count = changes.filter((change) => change.operation === operation).length;
    return count === 0 ? [] : [`${count} to ${operation}`];
  });
  return counts.length === 0 ? "nothing to do" : counts.join(", ");
}

/**
 * The result of a preview: a line for each change, and a count.
 * @param keptIn the directories for replaced files
 */
export function changesText(
  { changes, edited, unchanged }: EngineReport,
  paint: Paint,
  keptIn: readonly string[],
): string {
  const width = Math.max(0, ...changes.map(({ path, name }) => (path ?? name).length));
  const isEdited = ({ name }: Change) => edited.includes(name);
  const lines = changes.map((change) => line(change, isEdited(change), width, paint));
  const kept = changes.some(isEdited)
    ? [`what was edited on a server is put back; its content is kept there in ${keptIn.join(" or ")}`]
    : [];
  return [...lines, ...kept, `${countText(changes)}; ${unchanged} unchanged`].join("\n");
}
