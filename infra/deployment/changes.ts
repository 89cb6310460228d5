import { type EngineEvent, type EngineStep, engineEvent } from "../pulumi-cli/engine-events.ts";
import { nameOf } from "../remotehost/identity.ts";

/** The engine's change of one resource. */
export interface Change {
  operation: "create" | "update" | "replace" | "delete";
  /** The resource's name, `KEY-PURPOSE`. */
  name: string;
  /** `File`, `Directory`, `CronTable`, `Readiness`, `Command`, … */
  type: string;
  /** The path on the server, if it has one. */
  path: string | null;
  /** The differing properties, for an update. */
  properties: string[];
}

export interface Diagnostic {
  severity: "warning" | "error";
  message: string;
}

/** The events of a preview or an update so far. */
export interface EngineReport {
  changes: Change[];
  /** Names of the resources that are done. */
  done: string[];
  unchanged: number;
  /** Names of the resources that differ from their deployment: they were edited. */
  edited: string[];
  diagnostics: Diagnostic[];
  /** The resource of the latest event. */
  latest: string | null;
  /** Whether all events were understood; otherwise the rest is unreliable. */
  isUnderstood: boolean;
}

export const emptyReport = (): EngineReport => ({
  changes: [],
  done: [],
  unchanged: 0,
  edited: [],
  diagnostics: [],
  latest: null,
  isUnderstood: true,
});

/** Our word for each step of the engine. The engine's several steps of a replacement are one word here. */
const operations: Readonly<Record<string, Change["operation"] | "same">> = {
  same: "same",
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
};

function changeOf(step: EngineStep, operation: Change["operation"]): Change {
  const { path } = (step.new ?? step.old)?.inputs ?? {};
  return {
    operation,
    name: nameOf(step.urn),
    type: step.type.split(":").at(-1) ?? step.type,
    path: typeof path === "string" ? path : null,
    properties: [...step.diffs],
  };
}

/** Adds an event. */
export function addEvent(report: EngineReport, event: unknown): void {
  try {
    add(report, engineEvent(event));
  } catch {
    report.isUnderstood = false;
  }
}

function add(report: EngineReport, said: EngineEvent): void {
  if (said.kind === "diagnostic" && !said.isPassing) {
    const { severity, message } = said;
    if (severity === "warning" || severity === "error") report.diagnostics.push({ severity, message });
  }
  if (said.kind === "begun" && said.step.isManaged) addStep(report, said.step);
  if (said.kind === "done" && said.step.isManaged) {
    const { operation, urn } = said.step;
    const name = nameOf(urn);
    if (operation !== "refresh" && operation !== "same") report.done.push(name);
    if (isEdited(said.step)) report.edited.push(name);
  }
}

/** Whether the refresh found a resource that differs from its deployment. A missing one does not count: it is created. */
const isEdited = ({ operation, type, new: found, diffs }: EngineStep): boolean =>
  operation === "refresh" &&
  /^remotehost:index:(File|Directory|CronTable)$/.test(type) &&
  found !== null &&
  diffs.length > 0;

function addStep(report: EngineReport, step: EngineStep): void {
  const operation = operations[step.operation];
  if (operation === undefined) return;
  if (operation === "same") {
    report.unchanged += 1;
    return;
  }
  const change = changeOf(step, operation);
  report.latest = change.path ?? change.name;
  report.changes.push(change);
}

/** How many resources of a server a preview plans to change, or a run has changed. */
export const changesOf = ({ changes, done }: EngineReport, key: string, planned = false): number =>
  changes.filter(
    ({ name, type }) =>
      name.startsWith(`${key}-`) && type !== "Readiness" && (planned || done.includes(name)),
  ).length;

/** A run's messages about replaced files: what they were, and where they are kept. */
export const keptOf = ({ diagnostics }: EngineReport): string[] =>
  diagnostics.flatMap(({ message }) => (/ is kept as \//.test(message) ? [message] : []));
