import { join } from "node:path";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { painter, usesColour } from "../../scripts/contract/shown.ts";
import { RemoteHostError } from "../remotehost/errors.ts";
import { closeSessions } from "../remotehost/looking.ts";
import { helpText, parseCommandLine, program, type Request } from "./command-line.ts";
import { conversation } from "./conversation.ts";
import { Deployment } from "./deployment.ts";
import { DeploymentError } from "./errors.ts";
import { exitNumber } from "./exit-codes.ts";
import { Interruptions } from "./interruption.ts";
import { Progress } from "./progress.ts";
import { exitOf, summaryText } from "./summary.ts";

/** The project whose `infra/` this was called through; a link to it does not change that. */
const directory = join(process.argv[1] ?? "", "..", "..", "..");

async function deploy(request: Request): Promise<number> {
  const progress = new Progress(process.stderr);
  const interruptions = new Interruptions((line) => progress.say(line));
  const talk = conversation(interruptions.signal, (work) => progress.quietly(work));
  const paint = painter(usesColour(process.stdout));
  const deployment = new Deployment(request, { directory, progress, talk, interruptions, paint });
  const result = await deployment.run();
  const exitCode = exitNumber(exitOf(result));
  if (request.json) console.log(JSON.stringify({ version: 1, exitCode, ...result }, null, 2));
  else console.log(summaryText(result, paint));
  return exitCode;
}

/** Before the confirmation a server's own error is enough; later it is in the summary. */
const known = (error: unknown): unknown =>
  error instanceof RemoteHostError
    ? new DeploymentError("unavailable", error.message, "", { cause: error })
    : error;

function report(thrown: unknown, json: boolean): number {
  const error = known(thrown);
  const exitCode = error instanceof DeploymentError ? exitNumber(error.exit) : exitNumber("failed");
  const next = error instanceof DeploymentError ? error.next : "";
  const text =
    error instanceof DeploymentError ? error.message : ((error as Error).stack ?? messageOf(error));
  console.error([`${program}: ${text}`, ...(next === "" ? [] : [next])].join("\n"));
  if (json) console.log(JSON.stringify({ version: 1, exitCode, error: messageOf(error), next }, null, 2));
  return exitCode;
}

async function main(words: readonly string[]): Promise<number> {
  const json = words.includes("--json");
  try {
    const request = parseCommandLine(words);
    if (request !== "help") return await deploy(request);
    console.log(helpText());
    return 0;
  } catch (error) {
    return report(error, json);
  } finally {
    await closeSessions();
  }
}

// The reader of the output may be gone: a lost terminal, or a `tee` that the same Ctrl-C ended. That must not end the
// deployment half way.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
process.exit(await main(process.argv.slice(2)));
