import * as z from "zod/mini";
import { sha256OfText } from "../../../local-machine/sha256.ts";
import { converge } from "../convergence.ts";
import type { Found, Observation } from "../observation.ts";
import { observedPermissions } from "../permissions.ts";
import { recordProblem } from "../records.ts";
import type { RemoteResource, RequestContext } from "../resource.ts";
import { placeSchema } from "../schema.ts";
import type { Server } from "../server.ts";
import { bodyOf } from "./bodies.ts";
import { checkFile } from "./check.ts";
import { planFile, planFileRemoval } from "./plan.ts";

const State = z.object({
  ...placeSchema,
  content: z.optional(z.string()),
  sensitive: z.optional(z.boolean()),
  sha256: z.optional(z.string()),
});
type State = z.infer<typeof State>;

export const file: RemoteResource = {
  identity: ["path"],
  check: checkFile,
  id: (inputs) => String(inputs.path),
  inputsOf: (properties) => inputsOf(State.parse(properties)),

  async read({ server, urn }, properties) {
    const state = State.parse(properties);
    const { found, record } = await observationOf(server, state);
    if (found.kind === "absent") return null;
    const problem = recordProblem(record, urn);
    if (found.kind !== "file") {
      const obstacle = found.kind === "directory" ? "a directory" : found.type;
      const wrong = { ...problem, obstacle };
      return { outputs: { ...state, ...wrong }, inputs: { ...inputsOf(state), ...wrong } };
    }
    const seen: State = { ...state, ...observedPermissions(found.attributes, state), sha256: found.sha256 };
    if (state.content !== undefined) seen.content = contentOf(found, state);
    return { outputs: { ...seen, ...problem }, inputs: { ...inputsOf(seen), ...problem } };
  },

  async put(context, properties) {
    const desired = State.parse(properties);
    const { path, mode, owner, group, content } = desired;
    const sha256 = content === undefined ? (desired.sha256 ?? "") : sha256OfText(content);
    const shown = content === undefined ? "sensitive" : "plain";
    const record = { urn: context.urn, path, kind: "file", sha256, content: shown } as const;
    const body = () =>
      content === undefined
        ? bodyOf(sha256, context.cache, uploadProgress(context, path))
        : Buffer.from(content);
    const permissions = { mode, owner, group };
    await converge(context, path, {
      planFor: ({ observation }) => planFile(observation, { path, sha256, permissions, record }),
      body,
      presumesAbsent: true,
    });
    return { ...desired, sha256 };
  },

  async remove(context, properties) {
    const { path } = State.parse(properties);
    await converge(context, path, {
      removes: true,
      planFor: ({ observation }) => planFileRemoval(observation, context.urn),
    });
  },
};

/** Plain content is in the inputs itself, other bytes by their sha256. */
function inputsOf({ sha256, ...state }: State): Record<string, unknown> {
  return state.content === undefined ? { ...state, sha256 } : state;
}

/** With the content if it must be shown: for a plain file that differs from the state. */
async function observationOf(server: Server, state: State): Promise<Observation> {
  const plain = state.content !== undefined;
  const { observation } = await server.read(state.path, plain ? "changed" : "never");
  const { found } = observation;
  if (!plain || found.kind !== "file" || found.content !== null) return observation;
  if (found.sha256 === sha256OfText(state.content ?? "")) return observation;
  return (await server.look(state.path, "always")).observation;
}

function contentOf(found: Extract<Found, { kind: "file" }>, state: State): string {
  if (found.sha256 === sha256OfText(state.content ?? "")) return state.content ?? "";
  const text = found.content?.toString("utf8");
  if (text !== undefined && found.content?.equals(Buffer.from(text))) return text;
  return `(${found.size} bytes that cannot be shown here, sha256 ${found.sha256})`;
}

// Upload progress is shown for files of at least this many bytes, and this often.
const longUpload = 4 * 1024 * 1024;
const stepsOfUpload = 10;

function uploadProgress(context: RequestContext, path: string): (sent: number, length: number) => void {
  let shown = 0;
  return (sent, length) => {
    const step = Math.floor((sent / length) * stepsOfUpload);
    if (length < longUpload || step <= shown) return;
    shown = step;
    const megabytes = (bytes: number) => Math.round(bytes / 1e6);
    context.progress(`sending ${path}: ${megabytes(sent)} of ${megabytes(length)} MB`);
  };
}
