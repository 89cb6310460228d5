import type { Connection } from "../remotehost/connection.ts";
import { nameOf } from "../remotehost/identity.ts";
import { connectionIn } from "../remotehost/looking.ts";
import { requirementsOf } from "../requirements/examiner.ts";
import type { Requirements } from "../requirements/requirements.ts";
import { judge } from "./judgement.ts";
import type { ServerReport } from "./report.ts";
import type { Preview, ResourceEvent } from "./resource-events.ts";
import type { LookRequest, ServerLook } from "./server-look.ts";

/** A server in a preview. */
export interface PreviewedServer {
  key: string;
  /** Null for resources of no server. */
  connection: Connection | null;
  requirements: Requirements | null;
  events: ResourceEvent[];
  /** Its problems, from the refresh and the program, each sentence once. */
  problems: string[];
  /** The problems that only the program can find, by comparing servers. */
  programProblems: string[];
  /** The preview ended before it had read everything. */
  isCutOff: boolean;
  /** It is not looked at: the machine is gone. */
  isForgotten: boolean;
}

const readinessType = "remotehost:index:Readiness";

/** All servers of the stack with their resources, sorted by key. */
export function serversOf(preview: Preview): PreviewedServer[] {
  const all = [...preview.resources.values()];
  const keys = new Set(all.flatMap((event) => connectionOf(event)?.key ?? []));
  const keyOf = (event: ResourceEvent): string => {
    const name = nameOf(event.urn);
    const owner = [...keys].find((key) => name === key || name.startsWith(`${key}-`));
    return connectionOf(event)?.key ?? owner ?? name;
  };
  const groups = Map.groupBy(all, keyOf);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]) => serverOf(key, group, preview));
}

function serverOf(key: string, group: readonly ResourceEvent[], preview: Preview): PreviewedServer {
  const readiness = group.find(({ type }) => type === readinessType);
  const seen = strings(readiness?.found?.problems);
  const reported = strings(property(property(preview.outputs?.servers, key), "problems"));
  return {
    key,
    connection: group.map(connectionOf).find((connection) => connection !== null) ?? null,
    requirements: requirementsOf(readiness?.desired ?? readiness?.before ?? {}),
    events: group.filter((event) => event !== readiness),
    problems: [...new Set([...seen, ...reported])],
    programProblems: reported.filter((problem) => !seen.includes(problem)),
    isCutOff: preview.unread.size > 0,
    isForgotten: property(decommissioned(preview), key) === "forget",
  };
}

/** The look needed on the server itself; null if the preview is sufficient. */
export function lookRequestOf(server: PreviewedServer, preview: Preview): LookRequest | null {
  const { connection, requirements, events, problems, isForgotten } = server;
  if (connection === null || isForgotten) return null;
  const stack = `${preview.project}/${preview.stack}`;
  if (problems.length > 0) return { connection, stack, requirements, events };
  const differing = events.filter((event) => {
    const { drift, pending } = judge(event, null);
    return drift !== null || pending !== null;
  });
  return differing.length === 0 ? null : { connection, stack, requirements: null, events: differing };
}

/** The report of one server. `look` is null if none was needed. */
export function reportOf(server: PreviewedServer, look: ServerLook | null): ServerReport {
  const { key, connection, events } = server;
  const looks = look?.reached ? look.looks : null;
  const judgements = events.map((event) => judge(event, looks?.get(event.urn) ?? null));
  const drift = sorted(judgements.flatMap((judgement) => judgement.drift ?? []));
  const pending = sorted(judgements.flatMap((judgement) => judgement.pending ?? []));
  const deployed = events.some(({ before }) => before !== null);
  const place = { key, host: connection?.host ?? key, deployed };
  if (server.isForgotten) return { ...place, verdict: "as-deployed", problems: [], drift: [], pending };
  if (look?.reached === false) {
    const problems = [...new Set([...server.problems, ...look.problems])];
    return { ...place, verdict: "unknown", problems, drift, pending };
  }
  const problems = [...new Set([...(look?.problems ?? []), ...server.programProblems])];
  if (drift.length > 0 || (deployed && problems.length > 0))
    return { ...place, verdict: "drift", problems, drift, pending };
  if (server.isCutOff)
    return { ...place, verdict: "unknown", problems: [...problems, cutOff], drift, pending };
  return { ...place, verdict: "as-deployed", problems, drift, pending };
}

/** The engine's order changes from run to run. */
function sorted<Place extends { path: string | null; resource: string }>(places: readonly Place[]): Place[] {
  const keyOf = ({ path, resource }: Place) => `${path ?? ""} ${resource}`;
  return places.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const cutOff = "Pulumi's refresh failed before everything of this server had been looked at. [DBK-DRIFT-2]";

const connectionOf = ({ desired, before }: ResourceEvent): Connection | null =>
  connectionIn(desired ?? before);

function decommissioned({ config, project }: Preview): unknown {
  try {
    return JSON.parse(config[`${project}:decommissioned`] ?? "{}");
  } catch {
    return {};
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
