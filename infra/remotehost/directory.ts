import type * as pulumi from "@pulumi/pulumi";
import { CustomResource } from "@pulumi/pulumi/resource.js";
import type { Connection } from "./connection.ts";

export interface DirectoryArgs {
  connection: pulumi.Input<Connection>;
  /** Absolute; a changed path replaces the resource. */
  path: pulumi.Input<string>;
  /** Four octal digits; "0700" unless set. */
  mode?: pulumi.Input<string>;
  /** Name or number; "root" unless set. */
  owner?: pulumi.Input<string>;
  group?: pulumi.Input<string>;
  /**
   * Foreign parent directories of programs that root runs. Whenever this directory is updated, world write permission
   * is removed from them, and it is not restored. A directory with a sticky bit, or one reached by a link, is left
   * alone.
   */
  keepsClosed?: pulumi.Input<pulumi.Input<string>[]>;
}

/** A directory on a server. Deleting the resource removes the directory only when it is empty. */
export class Directory extends CustomResource {
  declare readonly path: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<string>;
  declare readonly owner: pulumi.Output<string>;
  declare readonly group: pulumi.Output<string>;

  constructor(name: string, args: DirectoryArgs, options?: pulumi.CustomResourceOptions) {
    super("remotehost:index:Directory", name, { ...args }, options);
  }
}
