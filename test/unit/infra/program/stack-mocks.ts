import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { setMockOptions } from "@pulumi/pulumi/runtime/settings.js";
import type { StackPlan } from "../../../../infra/config/plan.ts";
import type { ServerOutput } from "../../../../infra/program/server-output.ts";
import type { ServerFacts } from "../../../../infra/requirements/requirements.ts";
import { bundles, goodFacts } from "../plans.ts";

/** A resource as the program asked the engine for it. */
export interface Registration {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  parent: string;
  dependencies: string[];
  /** Names that it may have had before; the mocks pass on only those of resources with a parent. */
  aliases: string[];
  /** Whether it stays where it is when it leaves the stack. */
  retained: boolean;
  /** Inputs of which the state's values stay. */
  ignored: string[];
}

/** What the SDK asks of the engine beside a mock's own arguments. */
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
  /** In the order in which they were asked for. */
  registrations: Registration[];
  outputs: Record<string, ServerOutput>;
  /** What the provider was told. */
  declaration: Record<string, unknown>;
}

export interface Surroundings {
  facts?: Record<string, Partial<ServerFacts>>;
  orphans?: string[];
  verificationPlugin?: () => Promise<boolean>;
  /** The servers that a run with --target is for. */
  only?: string[];
  /** Configuration values that are read outside the plan, by their full key. */
  configuration?: Record<string, string>;
}

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** Declares a stack under Pulumi's mocks; no engine and no server takes part. */
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
  // Only now: the SDK must know of the mocks before anything is declared.
  const { declareStack } = await import("../../../../infra/program/stack.ts");
  const parts = { bundles, programsVersion: "1.2.3+test", verificationPlugin, only };
  const outputs = await declareStack(plan, parts);
  await pulumi.runtime.disconnect();
  return { registrations, outputs, declaration };
}
