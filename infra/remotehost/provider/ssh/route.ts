import { execFile } from "node:child_process";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { quote } from "../../../../scripts/contract/quoting.ts";
import { type Connection, sshArguments } from "../../connection.ts";

const run = promisify(execFile);

interface Question {
  connection: Connection;
  answer: PromiseWithResolvers<string>;
}

let asked: Question[] = [];

/**
 * Which sshd a login meets first: the jump host's or the server's own, by what the person's ssh_config says (`ssh -G`,
 * which connects to nothing). Connections for which that is unknown share one route, the empty text. Never
 * rejects.
 */
export function routeOf(connection: Connection): Promise<string> {
  const answer = Promise.withResolvers<string>();
  asked.push({ connection, answer });
  if (asked.length === 1) void answerTogether();
  return answer.promise;
}

/** By one shell for all that ask in the same moment: starting a process takes this one longer than it takes a shell. */
async function answerTogether(): Promise<void> {
  await setImmediate();
  const questions = asked;
  asked = [];
  const routes = await configurations(questions.map(({ connection }) => connection)).catch(() => []);
  for (const [index, { answer }] of questions.entries()) answer.resolve(routeIn(routes[index] ?? ""));
}

// No line of ssh's begins so.
const end = "-- end";

/** What `ssh -G` prints for each; an empty text where it fails, of which the login itself will say why. */
async function configurations(connections: readonly Connection[]): Promise<string[]> {
  const script = connections.map((connection) => `${question(connection)}; echo; echo '${end}'`).join("\n");
  const { stdout } = await run("sh", ["-c", script], { maxBuffer: 2 ** 26 });
  return stdout.split(`\n${end}\n`);
}

function question(connection: Connection): string {
  try {
    return `ssh -G ${sshArguments(connection).map(quote).join(" ")} 2>/dev/null`;
  } catch {
    return "true";
  }
}

/** The route in what `ssh -G` prints. */
export function routeIn(configuration: string): string {
  const settings = new Map(
    configuration.split("\n").map((line) => {
      const at = line.indexOf(" ");
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  const proxy = settings.get("proxyjump") ?? settings.get("proxycommand");
  if (proxy !== undefined) return `by ${proxy}`;
  const [hostname, port] = [settings.get("hostname"), settings.get("port")];
  return hostname === undefined || port === undefined ? "" : `${hostname}:${port}`;
}
