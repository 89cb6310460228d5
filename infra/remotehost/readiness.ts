import type * as pulumi from "@pulumi/pulumi";
import { output } from "@pulumi/pulumi/output.js";
import { CustomResource } from "@pulumi/pulumi/resource.js";
import type { Connection } from "./connection.ts";
import { kept, laterNames, type Requirements } from "./requirements.ts";

export interface ReadinessArgs {
  connection: pulumi.Input<Connection>;
  requirements: pulumi.Input<Requirements>;
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
    const desired = output(args.requirements).apply(kept);
    const properties = {
      connection: args.connection,
      requirements: desired.requirements,
      ...Object.fromEntries(laterNames.map((name) => [name, desired[name]])),
      problems: [],
      notes: undefined,
    };
    super("remotehost:index:Readiness", name, properties, options);
  }
}
