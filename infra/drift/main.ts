import { appendFileSync } from "node:fs";
import { resolve } from "node:path";
import { styleText } from "node:util";
import { identified } from "../../scripts/contract/error-ids.ts";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { matchesKey } from "../config/key-pattern.ts";
import { say } from "../local-machine/steps.ts";
import { closeSessions } from "../remotehost/looking.ts";
import { parseCommandLine, type Request, UsageError, usage } from "./command-line.ts";
import { lookRequestOf, reportOf, serversOf } from "./investigation.ts";
import { markdownReport } from "./markdown-report.ts";
import { runPreview } from "./preview.ts";
import { type DriftReport, makeReport } from "./report.ts";
import type { Preview } from "./resource-events.ts";
import { lookAtServer } from "./server-look.ts";
import { textReport } from "./text-report.ts";

// Milliseconds between two lines about the engine's progress.
const betweenLines = 10_000;

/** Looks at the stack's servers and reports differences. */
async function investigate({ stack, only }: Request, signal: AbortSignal): Promise<DriftReport> {
  const takenAt = new Date();
  say(`Looking at the servers${stack === null ? "" : ` of ${stack}`} (pulumi preview) …`);
  const preview = await runPreview(stack, signal, progressOf());
  signal.throwIfAborted();
  const servers = serversOf(preview).filter(({ key }) => only === null || matchesKey(only, key));
  const reports = await Promise.all(
    servers.map(async (server) => {
      const request = lookRequestOf(server, preview);
      if (request !== null) say(`Reading what differs on ${server.key} …`);
      return reportOf(server, request && (await lookAtServer(request, say)));
    }),
  );
  const failures = failuresOf(preview);
  if (servers.length === 0 && only !== null)
    failures.push(`No server of the stack has a key that matches ${only}. [DBK-CLI-2]`);
  return makeReport({ stack: preview.stack ?? stack, failures, servers: reports, takenAt });
}

function failuresOf({ errors, resources }: Preview): string[] {
  const consequence =
    resources.size > 0 ? ", so it is not known what is pending and whether a change is wanted by now" : "";
  return errors.map((error) =>
    identified(`Pulumi could not preview the stack${consequence}: ${error}`, "[DBK-DRIFT-1]"),
  );
}

/** Reports from time to time how many resources were looked at. */
function progressOf(): (preview: Preview) => void {
  let last = Date.now();
  return ({ resources }) => {
    if (Date.now() - last < betweenLines) return;
    last = Date.now();
    say(`  ${resources.size} resources looked at`);
  };
}

function print(report: DriftReport, { output, markdownFiles }: Request): void {
  const renderers: Record<Request["output"], () => string> = {
    json: () => `${JSON.stringify(report, null, 2)}\n`,
    markdown: () => markdownReport(report),
    text: () => textReport(report, (style, text) => styleText(style, text, { stream: process.stdout })),
  };
  process.stdout.write(renderers[output]());
  for (const path of markdownFiles) appendFileSync(fromCaller(path), markdownReport(report));
}

/** npm runs this in the project's directory; a path is meant from where npm was called. */
function fromCaller(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = process.env;
  return resolve(script === "drift" && caller ? caller : process.cwd(), path);
}

async function run(words: readonly string[]): Promise<number> {
  const request = parseCommandLine(words);
  if (request === "help") {
    process.stdout.write(usage);
    return 0;
  }
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());
  try {
    const report = await investigate(request, interruption.signal).catch((error: unknown) => {
      const why = interruption.signal.aborted
        ? "The report was interrupted. [DBK-DRIFT-2]"
        : messageOf(error);
      return makeReport({ stack: request.stack, failures: [why], servers: [], takenAt: new Date() });
    });
    print(report, request);
    return report.exitCode;
  } finally {
    await closeSessions();
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const message = messageOf(error);
  say(
    error instanceof UsageError
      ? `${message}\n\n${usage}`
      : identified(`The drift report failed: ${message}`, "[DBK-DRIFT-2]"),
  );
  process.exitCode = 1;
}
