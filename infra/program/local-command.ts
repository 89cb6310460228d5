import type { local } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { CustomResource } from "@pulumi/pulumi/resource.js";
import { commandPluginVersion } from "./command-plugin.ts";

/**
 * The resource `command:local:Command`, declared as in the package. The package's class is not imported: it imports the
 * whole SDK, with TypeScript, npm's resolver and the automation API, which takes a third of a program's start.
 */
export class LocalCommand extends CustomResource {
  constructor(name: string, args: local.CommandArgs, options: pulumi.CustomResourceOptions) {
    const outputs = { archive: undefined, assets: undefined, stderr: undefined, stdout: undefined };
    super(
      "command:local:Command",
      name,
      { ...args, ...outputs },
      {
        ...options,
        version: commandPluginVersion,
        // The plugin's own schema says so.
        replaceOnChanges: ["triggers[*]"],
      },
    );
  }
}
