import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

/** What the engine does with one resource. */
export interface Change {
  operation: "create" | "update" | "replace" | "delete";
  /** The resource's name, `KEY-PURPOSE`. */
  name: string;
  /** `File`, `Directory`, `CronTable`, `Readiness`, `Command`, … */
  type: string;
  /** The path on the server, where it is something with a path. */
  path: string | null;
  /** What differs, for an update. */
  properties: string[];
}

export interface Diagnostic {
  severity: "warning" | "error";
  message: string;
}

/** What a preview or an update has said so far. */
export interface EngineReport {
  changes: Change[];
  /** Names of the resources that are done. */
  done: string[];
  unchanged: number;
  /** Names of the resources that were found otherwise than they had been deployed: somebody has edited them. */
  edited: string[];
  diagnostics: Diagnostic[];
  /** The resource under way that was last heard of. */
  latest: string | null;
}

export const emptyReport = (): EngineReport => ({
  changes: [],
  done: [],
  unchanged: 0,
  edited: [],
  diagnostics: [],
  latest: null,
});

/** The engine's words for its steps, and ours; a replacement is several of its steps and one of ours. */
const operations: Readonly<Record<string, Change["operation"] | "same">> = {
  same: "same",
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
};

type Step = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** Whether a step is about something that is on a server or speaks of one: not the stack, a component or a provider. */
const counts = ({ type }: Step): boolean =>
  !type.startsWith("pulumi:") && !type.startsWith("database-backups:index:");

function changeOf(step: Step, operation: Change["operation"]): Change {
  const inputs: Record<string, unknown> = { ...(step.new ?? step.old)?.inputs };
  return {
    operation,
    name: nameOf(step.urn),
    type: step.type.split(":").at(-1) ?? step.type,
    path: typeof inputs.path === "string" ? inputs.path : null,
    properties: [...(step.diffs ?? [])],
  };
}

/** Adds what an event says; gives back whether it was something to show. */
export function addEvent(report: EngineReport, event: EngineEvent): void {
  const { resourcePreEvent, resOutputsEvent, diagnosticEvent } = event;
  if (resourcePreEvent && counts(resourcePreEvent.metadata)) addStep(report, resourcePreEvent.metadata);
  if (resOutputsEvent && counts(resOutputsEvent.metadata)) {
    const { op, urn } = resOutputsEvent.metadata;
    if (op !== "refresh" && op !== "same") report.done.push(nameOf(urn));
    if (isEdited(resOutputsEvent.metadata)) report.edited.push(nameOf(urn));
  }
  if (diagnosticEvent && !diagnosticEvent.ephemeral) {
    const { severity, message } = diagnosticEvent;
    if (severity === "warning" || severity === "error")
      report.diagnostics.push({ severity, message: plain(message) });
  }
}

/** Whether the look before the run found something of ours otherwise than it was left; what is missing is made anew. */
const isEdited = ({ op, type, new: found, diffs }: Step): boolean =>
  op === "refresh" &&
  /^remotehost:index:(File|Directory|CronTable)$/.test(type) &&
  found !== undefined &&
  found !== null &&
  (diffs ?? []).length > 0;

function addStep(report: EngineReport, step: Step): void {
  const operation = operations[step.op];
  if (operation === undefined) return;
  if (operation === "same") {
    report.unchanged += 1;
    return;
  }
  const change = changeOf(step, operation);
  report.latest = change.path ?? change.name;
  report.changes.push(change);
}

/** Without the engine's marks for colours, and without what it puts around. */
const plain = (message: string): string =>
  message
    .replaceAll(/<\{%[^%]*%\}>/g, "")
    .replaceAll("\u001b[0m", "")
    .trim();
