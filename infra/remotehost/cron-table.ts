import type * as pulumi from "@pulumi/pulumi";
import { CustomResource } from "@pulumi/pulumi/resource.js";
import type { Connection } from "./connection.ts";

export interface CronEntry {
  /** Five fields, or `@daily` and its like, in the server's time zone. */
  schedule: string;
  user: string;
  /** One line for `sh -c`. Percent signs are escaped for cron by the provider. */
  command: string;
}

export interface CronTableArgs {
  connection: pulumi.Input<Connection>;
  /** A file in a directory that cron reads, without a dot in its name; a changed path moves the table by an update. */
  path: pulumi.Input<string>;
  environment?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  entries: pulumi.Input<pulumi.Input<CronEntry>[]>;
  /** Commands whose lines in root's own crontab this table takes over: the lines are removed, the crontab is kept. */
  takesOver?: pulumi.Input<pulumi.Input<string>[]>;
}

/** One complete cron table of a server. Removing an entry is an update. */
export class CronTable extends CustomResource {
  declare readonly path: pulumi.Output<string>;
  /** sha256 of the table as it is written. */
  declare readonly sha256: pulumi.Output<string>;

  constructor(name: string, args: CronTableArgs, options?: pulumi.CustomResourceOptions) {
    super("remotehost:index:CronTable", name, { ...args, sha256: undefined }, options);
  }
}
