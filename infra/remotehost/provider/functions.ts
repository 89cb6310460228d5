import * as z from "zod/mini";
import type { Examiner } from "../examiner.ts";
import type { FoundServer } from "../get-server.ts";
import type { KnownServers } from "./known-servers.ts";
import { sharedExamination } from "./readiness/examination.ts";
import { pathProblem } from "./rules.ts";
import { connectionSchema, ruled } from "./schema.ts";
import type { ServerOf } from "./server-registry.ts";
import type { Properties } from "./wire.ts";

/** A function that the program calls: arguments in, results out. */
export type ProviderFunction = (inputs: Properties) => Promise<Record<string, unknown>>;

const DeclarationInputs = z.strictObject({
  servers: z.array(connectionSchema),
  formerly: z.record(z.string(), z.string()),
  formerStacks: z.optional(z.record(z.string(), z.string())),
  replaced: z.optional(z.record(z.string(), ruled(pathProblem))),
  decommissioned: z.record(z.string(), z.enum(["remove", "forget"])),
  lookedAt: z.optional(z.array(z.string())),
  isPreview: z.optional(z.boolean()),
});

/** The provider's functions, by type token. */
export function providerFunctions(
  servers: KnownServers,
  serverOf: ServerOf,
  { requirements, probe }: Examiner,
): Record<string, ProviderFunction> {
  const Question = z.strictObject({ connection: connectionSchema, requirements, stack: z.string() });
  return {
    /** Does nothing. The call makes the engine start the plugin. */
    "remotehost:index:start": async () => ({}),

    /** Facts about one server. While it has problems, nothing is planned for it from now on. */
    "remotehost:index:getServer": async (inputs) => {
      const { connection, stack } = Question.parse(inputs);
      const { key } = connection;
      const examination = await sharedExamination(serverOf(connection), stack, probe(inputs));
      const { machine, owner, problems, notes } = examination;
      const shared = servers.sharedMachine(connection);
      const cloned = servers.clonedMachine(connection);
      const found: FoundServer = {
        key,
        reachable: machine !== null,
        // If the state was not refreshed, the machine itself knows it too.
        deployed: owner === stack || servers.isInState(key),
        problems: shared ? [...problems, shared] : problems,
        notes: cloned ? [...notes, cloned] : notes,
        machineId: machine?.id ?? null,
      };
      servers.setProblems(key, found.problems);
      return { ...found, ...examination.facts };
    },

    /**
     * Keys in the state that are not declared. Connects to the servers, so that two keys of one machine are detected.
     */
    "remotehost:index:declareServers": async (inputs) => {
      const declaration = DeclarationInputs.parse(inputs);
      servers.declare(declaration);
      const looked = declaration.servers.filter(({ key }) => declaration.lookedAt?.includes(key) ?? true);
      await Promise.allSettled(
        looked.map(async (connection) => {
          const { machine } = await serverOf(connection).session();
          servers.hasMachine(connection.key, machine.id, machine.boot);
        }),
      );
      return { orphans: servers.orphans() };
    },
  };
}
