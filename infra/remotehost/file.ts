import type * as pulumi from "@pulumi/pulumi";
import { CustomResource } from "@pulumi/pulumi/resource.js";
import type { PinnedProgram } from "../local-machine/pinned-program.ts";
import type { Connection } from "./connection.ts";

export type { PinnedProgram };

/** A file out of a package of the npm registry; fetched with the person's npm settings, only when it must be sent. */
export interface NpmFile {
  package: string;
  version: string;
  /** The package's integrity as a lock file has it, `sha512-…`. */
  integrity: string;
  /** The file's path in the package. */
  file: string;
}

export interface FileArgs {
  connection: pulumi.Input<Connection>;
  /** Absolute; a changed path replaces the resource. */
  path: pulumi.Input<string>;
  /** Four octal digits; "0600" unless set. */
  mode?: pulumi.Input<string>;
  /** Name or number; "root" unless set. */
  owner?: pulumi.Input<string>;
  group?: pulumi.Input<string>;
  /** The text, which is kept in the state and shown in a preview. Exactly one of `content` and `source` is given. */
  content?: pulumi.Input<string>;
  /** A local file, one out of an npm package, or a pinned program. Only its sha256 is in the state. */
  source?: pulumi.Input<string | NpmFile | PinnedProgram>;
  /** Keeps `content` out of the state: only its sha256 stands there. A secret `content` is always sensitive. */
  sensitive?: pulumi.Input<boolean>;
  /** The expected sha256 of a `source`; required for one that is fetched. */
  sha256?: pulumi.Input<string>;
}

/** A regular file on a server. */
export class File extends CustomResource {
  declare readonly path: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<string>;
  declare readonly owner: pulumi.Output<string>;
  declare readonly group: pulumi.Output<string>;
  /** sha256 of the file's bytes, in hexadecimal. */
  declare readonly sha256: pulumi.Output<string>;

  constructor(name: string, args: FileArgs, options?: pulumi.CustomResourceOptions) {
    super("remotehost:index:File", name, { ...args, sha256: args.sha256 }, options);
  }
}
