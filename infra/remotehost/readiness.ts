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
 * Whether a server can be looked at and is ready, as a resource. Problems show in every preview, refresh and update as
 * a difference from the desired empty list. While there is a problem, it fails an update.
 */
export class Readiness extends CustomResource {
  /** The problems, each a sentence with host, cause and advice. */
  declare readonly problems: pulumi.Output<string[]>;
  /** Notes, which need no action. */
  declare readonly notes: pulumi.Output<string[]>;

  constructor(name: string, args: ReadinessArgs, options?: pulumi.CustomResourceOptions) {
    super("remotehost:index:Readiness", name, { ...args, problems: [], notes: undefined }, options);
  }
}
