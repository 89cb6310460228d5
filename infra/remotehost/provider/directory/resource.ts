import * as z from "zod/mini";
import { ConflictError } from "../../errors.ts";
import { converge } from "../convergence.ts";
import type { Found } from "../observation.ts";
import { observedPermissions } from "../permissions.ts";
import { recordProblem } from "../records.ts";
import type { RemoteResource } from "../resource.ts";
import { pathProblem } from "../rules.ts";
import { connectionSchema, failuresOf, placeSchema, ruled } from "../schema.ts";
import type { Server } from "../server.ts";
import type { Properties } from "../wire.ts";
import { directoryConflict, planDirectory, planDirectoryRemoval } from "./plan.ts";

const defaults = { mode: "0700", owner: "root", group: "root" };
const directoryInputs = { ...placeSchema, keepsClosed: z.exactOptional(z.array(ruled(pathProblem))) };
const schema = z.strictObject(directoryInputs);
const State = z.object({ ...directoryInputs, connection: connectionSchema });
type State = z.infer<typeof State>;

export const directory: RemoteResource = {
  identity: ["path"],

  async check(news) {
    const values = { ...defaults, ...news.values };
    return { inputs: values, failures: failuresOf(schema, { ...news, values }) };
  },

  id: (inputs) => String(inputs.path),

  async read({ server, urn }, properties) {
    const state = State.parse(properties);
    const { observation, open } = await server.read(state.path, "never");
    const { found, record } = observation;
    if (found.kind === "absent") return null;
    const seen = {
      ...state,
      ...seenAs(found, state),
      ...recordProblem(record, urn),
      ...openDirectories(state, open),
    };
    return { outputs: seen, inputs: seen };
  },

  inputsOf: (properties: Properties) => ({ ...State.parse(properties) }),

  async put({ server, ...context }, properties) {
    const { connection, path, mode, owner, group, keepsClosed } = State.parse(properties);
    const permissions = { mode, owner, group };
    const record = { urn: context.urn, path, kind: "directory", sha256: "", content: "none" } as const;
    await converge({ server, ...context }, path, {
      planFor: ({ observation }) => {
        const conflict = directoryConflict(observation);
        if (conflict) throw inTheWay(server, path, conflict);
        return planDirectory(observation, { path, permissions, record, keepsClosed });
      },
      presumesAbsent: true,
    });
    return { connection, path, mode, owner, group, ...(keepsClosed && { keepsClosed }) };
  },

  async remove(context, properties) {
    const { path } = State.parse(properties);
    await converge(context, path, {
      removes: true,
      planFor: ({ observation }) => planDirectoryRemoval(observation, context.urn),
    });
  },
};

function seenAs(found: Found, desired: State): Record<string, string> {
  if (found.kind === "directory") return { ...observedPermissions(found.attributes, desired) };
  return {
    obstacle: found.kind === "file" ? "a regular file" : found.kind === "other" ? found.type : found.kind,
  };
}

/** World-writable directories, as a property that no desired state has. */
function openDirectories(
  { keepsClosed = [] }: State,
  open: ReadonlyMap<string, string>,
): { openDirectories?: string[] } {
  const found = keepsClosed.flatMap((path) => (open.has(path) ? [`${path} (mode ${open.get(path)})`] : []));
  return found.length === 0 ? {} : { openDirectories: found };
}

function inTheWay(server: Server, path: string, conflict: string): ConflictError {
  return new ConflictError({
    host: server.connection.host,
    what: `the directory ${path} cannot be made`,
    why: conflict,
    next: "Move it away, or set the path that it leads to in the stack configuration.",
    id: "[DBK-CHANGE-2]",
  });
}
