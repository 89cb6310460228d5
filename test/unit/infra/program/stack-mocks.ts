import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { setMockOptions } from "@pulumi/pulumi/runtime/settings.js";
import type { StackPlan } from "../../../../infra/config/plan.ts";
import type { ServerOutput } from "../../../../infra/program/server-output.ts";
import type { ServerFacts } from "../../../../infra/requirements/requirements.ts";
import { bundles, goodFacts } from "../plans.ts";

/** A resource as registered by the program. */
export interface Registration {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  parent: string;
  dependencies: string[];
  /** Its aliases. The mocks pass on only those of resources with a parent. */
  aliases: string[];
  /** Whether it is kept on the server when it leaves the stack (retainOnDelete). */
  retained: boolean;
  /** Inputs whose changes are ignored. */
  ignored: string[];
}

/** The SDK's requests to the engine beyond a mock's arguments. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getAliasurnsList(): string[];
  getRetainondelete(): boolean | undefined;
  getIgnorechangesList(): string[];
  getTransformsList(): never[];
}

export interface DeclaredStack {
  /** In the order of registration. */
  registrations: Registration[];
  outputs: Record<string, ServerOutput>;
  /** The arguments of the provider's invokes. */
  declaration: Record<string, unknown>;
}

export interface Surroundings {
  facts?: Record<string, Partial<ServerFacts>>;
  orphans?: string[];
  verificationPlugin?: () => Promise<boolean>;
  /** The servers of a run with --target. */
  only?: string[];
  /** Configuration values outside the plan, by their full key. */
  configuration?: Record<string, string>;
}

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** Declares a stack under Pulumi's mocks, without an engine or a server. */
export async function declareUnderMocks(
  plan: StackPlan,
  surroundings: Surroundings = {},
): Promise<DeclaredStack> {
  const {
    facts = {},
    orphans = [],
    verificationPlugin = async () => false,
    only = null,
    configuration = {},
  } = surroundings;
  const registrations: Registration[] = [];
  let declaration: Record<string, unknown> = {};
  const mocks: pulumi.runtime.Mocks = {
    call({ token, inputs }) {
      if (token === "remotehost:index:getServer") {
        const { key } = inputs.connection;
        return { ...goodFacts(key), ...facts[key] };
      }
      declaration = inputs;
      return { orphans };
    },
    newResource({ type, name, inputs }) {
      registrations.push({
        type,
        name,
        inputs,
        parent: "",
        dependencies: [],
        aliases: [],
        retained: false,
        ignored: [],
      });
      return { id: `${name}-id`, state: { ...inputs, sha256: `sha256-of-${name}` } };
    },
  };
  class ObservingMonitor extends MockMonitor {
    override async registerResource(
      request: RegisterRequest,
      callback: (error: unknown, response: unknown) => void,
    ) {
      await super.registerResource(request, callback);
      const found = registrations.find(
        ({ type, name }) => type === request.getType() && name === request.getName(),
      );
      if (found === undefined) return;
      found.parent = nameOf(request.getParent());
      found.dependencies = request.getDependenciesList().map(nameOf);
      found.retained = request.getRetainondelete() ?? false;
      found.ignored = request.getIgnorechangesList();
      found.aliases = request.getAliasurnsList().map(nameOf);
    }
  }
  setMockOptions(new ObservingMonitor(mocks), "database-backups", "test", false);
  pulumi.runtime.setAllConfig(configuration, Object.keys(configuration));
  // Imported here, because the mocks must be set before any declaration.
  const { declareStack } = await import("../../../../infra/program/stack.ts");
  const parts = { bundles, programsVersion: "1.2.3+test", verificationPlugin, only };
  const outputs = await declareStack(plan, parts);
  await pulumi.runtime.disconnect();
  return { registrations, outputs, declaration };
}
