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
 * The first sshd on a login's way: the jump host's or the server's own, by the user's ssh_config (`ssh -G`, which does
 * not connect). Connections with an unknown route share the empty one. Never rejects.
 */
export function routeOf(connection: Connection): Promise<string> {
  const answer = Promise.withResolvers<string>();
  asked.push({ connection, answer });
  if (asked.length === 1) void answerTogether();
  return answer.promise;
}

/**
 * One shell for all requests of the same moment: starting a process takes longer from this program than from a shell.
 */
async function answerTogether(): Promise<void> {
  await setImmediate();
  const questions = asked;
  asked = [];
  const routes = await configurations(questions.map(({ connection }) => connection)).catch(() => []);
  for (const [index, { answer }] of questions.entries()) answer.resolve(routeIn(routes[index] ?? ""));
}

// No line of ssh's begins so.
const end = "-- end";

/** The output of `ssh -G` for each; empty if it fails. The login itself will report the reason. */
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

/** The route in the output of `ssh -G`. */
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
