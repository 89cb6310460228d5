import type * as pulumi from "@pulumi/pulumi";
import { CustomResource } from "@pulumi/pulumi/resource.js";
import type { Connection } from "./connection.ts";

export interface ReadinessArgs {
  connection: pulumi.Input<Connection>;
  /** What the examiner wants to know, and what it has beside that. */
  requirements: pulumi.Input<object>;
  [beside: string]: pulumi.Input<unknown>;
}

/**
 * Whether a server can be looked at and is ready, as a resource: what is wrong shows in every preview, refresh and
 * update as a difference from the desired empty list. It fails an update while a problem stands.
 */
export class Readiness extends CustomResource {
  /** What is wrong, each a sentence with host, cause and what to do. */
  declare readonly problems: pulumi.Output<string[]>;
  /** What a person should know and need not act on. */
  declare readonly notes: pulumi.Output<string[]>;

  constructor(name: string, args: ReadinessArgs, options?: pulumi.CustomResourceOptions) {
    super("remotehost:index:Readiness", name, { ...args, problems: [], notes: undefined }, options);
  }
}
