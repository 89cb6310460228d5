import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { setMockOptions } from "@pulumi/pulumi/runtime/settings.js";
import { expect, test } from "vitest";
import { LocalCommand } from "../../../../infra/program/local-command.ts";

type Declare = (args: local.CommandArgs, options: pulumi.CustomResourceOptions) => pulumi.Resource;

/** The SDK's whole request to the engine for one resource, without the line of the declaring program. */
async function requestOf(declare: Declare): Promise<Record<string, unknown>> {
  const requests: Record<string, unknown>[] = [];
  class Monitor extends MockMonitor {
    override async registerResource(
      request: { toObject(): Record<string, unknown>; getTransformsList(): never[] },
      callback: (error: unknown, response: unknown) => void,
    ) {
      const { sourceposition: _, stacktrace: __, ...rest } = request.toObject();
      requests.push(rest);
      await super.registerResource(request, callback);
    }
  }
  const mocks = {
    call: () => ({}),
    newResource: ({ name, inputs }: pulumi.runtime.MockResourceArgs) => ({ id: name, state: inputs }),
  };
  setMockOptions(new Monitor(mocks), "database-backups", "test", false);
  declare(
    {
      interpreter: ["sh", "-c", "true"],
      create: "one",
      stdin: "two",
      logging: "stdout",
      triggers: ["a", "b"],
    },
    { aliases: [{ name: "old" }], retainOnDelete: true, ignoreChanges: ["stdin"] },
  );
  await pulumi.runtime.disconnect();
  const [request, ...others] = requests;
  if (request === undefined || others.length > 0) throw new Error(`${requests.length} resources`);
  return request;
}

test("the engine is asked for what the package's own class asks for", async () => {
  const own = await requestOf((args, options) => new LocalCommand("verification", args, options));
  expect(own).toMatchObject({ type: "command:local:Command", version: "1.2.1" });
  expect(own).toEqual(await requestOf((args, options) => new local.Command("verification", args, options)));
});
