import * as z from "zod/mini";
import { sha256OfText } from "../../../local-machine/sha256.ts";
import { cronTableText, parseTable } from "../../cron-table-text.ts";
import { converge } from "../convergence.ts";
import { observedPermissions } from "../permissions.ts";
import { recordProblem } from "../records.ts";
import type { RemoteResource, RequestContext } from "../resource.ts";
import { placeSchema } from "../schema.ts";
import type { Observed } from "../server.ts";
import { checkCronTable, cronTableInputs, everyCronTable } from "./check.ts";
import { takenOverLines } from "./crontab.ts";
import { hasOtherNames, planCronTable, planCronTableRemoval } from "./plan.ts";

const State = z.object({ ...cronTableInputs, ...placeSchema });
type State = z.infer<typeof State>;

const { foreignEntries: _, ...permissions } = everyCronTable;

export const cronTable: RemoteResource = {
  // A delete may have to wait for another server while both tables are active; so a table moves by an update.
  identity: [],
  check: checkCronTable,
  id: (inputs) => String(inputs.path),
  inputsOf: (properties) => ({ ...State.parse(properties), foreignEntries: properties.foreignEntries }),

  async read({ server, urn }, properties) {
    const state = State.parse(properties);
    const first = await server.read(state.path, "always");
    const { found, record } = first.observation;
    if (found.kind === "absent") return null;
    // The first look returns a table's text only if it was edited. If the state was edited, the text is needed for the
    // comparison.
    const unclear =
      found.kind === "file" &&
      found.content === null &&
      found.sha256 !== sha256OfText(cronTableText(state.environment, state.entries));
    const observed = unclear ? await server.look(state.path, "always") : first;
    const inputs = { ...seenAs(observed, state), ...recordProblem(record, urn) };
    return { outputs: { ...inputs, sha256: found.kind === "file" ? found.sha256 : undefined }, inputs };
  },

  async put(context, properties, old) {
    const { connection, path, environment, entries, takesOver } = State.parse(properties);
    const text = cronTableText(environment, entries);
    const sha256 = sha256OfText(text);
    const record = { urn: context.urn, path, kind: "cron-table", sha256, content: "plain" } as const;
    const desired = { path, sha256, permissions, record, takesOver };
    await converge(context, path, {
      planFor: ({ observation, crontab }) => planCronTable(observation, crontab, desired),
      body: () => Buffer.from(text),
    });
    if (typeof old?.path === "string" && old.path !== path) await removeTable(context, old.path);
    return { connection, path, environment, entries, takesOver, ...everyCronTable, sha256 };
  },

  async remove(context, properties) {
    await removeTable(context, State.parse(properties).path);
  },
};

/** Only if it is still ours. */
async function removeTable(context: RequestContext, path: string): Promise<void> {
  await converge(context, path, {
    removes: true,
    planFor: ({ observation }) => planCronTableRemoval(observation, context.urn),
  });
}

/**
 * The inputs that would have led to the present table. A table that our program could not have written appears as a
 * whole, as `table`.
 */
function seenAs({ observation, crontab }: Observed, state: State): Record<string, unknown> {
  const { found } = observation;
  const foreignEntries = takenOverLines(crontab ?? "", state.takesOver);
  const seen = { ...state, foreignEntries };
  if (found.kind === "other") return { ...seen, obstacle: found.type };
  if (found.kind !== "file") return { ...seen, obstacle: "a directory" };
  const text = found.content?.toString("utf8") ?? cronTableText(state.environment, state.entries);
  return {
    ...seen,
    ...observedPermissions(found.attributes, permissions),
    ...(hasOtherNames(observation) && { links: found.links }),
    ...(parseTable(text) ?? { table: text }),
  };
}
