import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { say } from "../../../infra/local-machine/steps.ts";
import { messageOf } from "../../../scripts/contract/error-text.ts";
import { beginRun, isEnding } from "../../interruption.ts";
import { startNumbered } from "../server.ts";
import { sshDirectory } from "../ssh-files.ts";
import { createStack } from "../stack.ts";
import { runDemo } from "./demo.ts";

const help = `Usage: npm run demo [-- --keep]

Starts a sandbox server and runs the main job on it, from the first pulumi up to a drift that is found and mended.

Options:
  --keep   leave the server and its stack there afterwards, and say how to reach them
  --help   print this help
`;

const options = {
  keep: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function howToGoOn(directory: string, environment: Record<string, string>): string {
  const exports = Object.entries(environment).map(([name, value]) => `  export ${name}='${value}'`);
  return `
The sandbox is still there.
  cd ${directory}
${exports.join("\n")}
  pulumi stack select sandbox
  pulumi preview
  ssh -F ssh_config sandbox
Remove all of it: npm run sandbox -- down
`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(help);
  beginRun();
  const began = performance.now();
  const server = await startNumbered({ number: 1, kept: values.keep });
  // Beside the server's keys, so that it goes when the server does.
  const parent = sshDirectory(server.number);
  const stack = await createStack({ servers: [server], configuration: { verification: true }, parent });
  copyFileSync(server.sshConfig, join(stack.directory, "ssh_config"));
  try {
    await runDemo(stack);
    say(`\nThe demo did all that it should, in ${((performance.now() - began) / 1000).toFixed(0)} s.`);
  } finally {
    if (values.keep) {
      const wanted = ["PATH", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_HOME"];
      const environment = wanted.map((name) => [name, stack.environment[name] ?? ""]);
      console.log(howToGoOn(stack.directory, Object.fromEntries(environment)));
    } else {
      await server.remove();
      stack.remove();
    }
  }
}

try {
  await main();
} catch (error) {
  // Of a demo that is being ended nothing else is to be told.
  if (!isEnding()) {
    console.error(`\n${messageOf(error)}`);
    process.exitCode = 1;
  }
}
