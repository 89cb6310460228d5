import { once } from "node:events";
import type { Connection } from "../../connection.ts";
import { type ConnectError, type IdentifiedText, RemoteCommandError } from "../../errors.ts";
import { closedSession, lostConnection } from "./failure.ts";
import { bodyEnd, type Message, type RequestInput, requestFrames } from "./frame.ts";
import type { Machine } from "./greeting.ts";
import type { Login } from "./login.ts";

/** The result of a script on the server. `code` is above 128 if a signal ended it. */
export interface RemoteResult {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** One login to one server, as root there. */
export interface Session {
  readonly machine: Machine;
  /** Requests sent so far. */
  readonly requests: number;
  /** Process id of the ssh that carries the session. */
  readonly pid: number | undefined;
  /** Resolves when the session is over, for whatever reason. */
  readonly over: Promise<ConnectError>;
  /**
   * Runs a POSIX sh script as root, standard input empty, after all earlier requests of this session; it is sent
   * without waiting for their answers. `input` is the file `$INPUT` while it runs. A script that fails is a result, not
   * an error. Throws ConnectError when the connection ends before the answer, RemoteCommandError when the request could
   * not be stored on the server (nothing ran then).
   */
  run(script: string, input?: RequestInput): Promise<RemoteResult>;
  /**
   * Ends the session; resolves when ssh is gone. What has been sent is still run, unless it takes long; whatever has no
   * answer by then is rejected as "closed".
   */
  close(): Promise<void>;
}

/** The session over a login that has been greeted. */
export function sessionOver(connection: Connection, login: Login): Session {
  const { ssh, decoder, machine } = login;
  const awaited: PromiseWithResolvers<Message>[] = [];
  const gone = new AbortController();
  let requests = 0;
  let closing = false;
  let last: Promise<unknown> = Promise.resolve();

  ssh.stdout.on("data", (bytes: Buffer) => {
    for (const message of decoder.push(bytes)) awaited.shift()?.resolve(message);
  });
  const over = ssh.ended.then((end) => {
    const error = closing ? closedSession(connection.host) : lostConnection(connection.host, end);
    gone.abort(error);
    for (const answer of awaited.splice(0)) answer.reject(error);
    return error;
  });

  /** Sends one request; the answers come in the order of the requests. */
  async function send(script: string, input?: RequestInput): Promise<{ result: Promise<RemoteResult> }> {
    const frames = requestFrames(script, input);
    // A small source is read for this frame: when that fails, nothing has been sent.
    const header = await frames.next();
    gone.signal.throwIfAborted();
    requests += 1;
    const answer = Promise.withResolvers<Message>();
    awaited.push(answer);
    if (!header.done) ssh.stdin.write(header.value);
    // A stuck source must not hide a lost connection.
    const gaveUp = answer.promise.then(
      () => null,
      () => null,
    );
    const sourceError = await Promise.race([sendRest(frames), gaveUp]);
    return { result: answer.promise.then((message) => resultOf(message, sourceError)) };
  }

  function resultOf({ words, stdout, stderr }: Message, sourceError: Error | null): RemoteResult {
    if (sourceError !== null) throw sourceError;
    if (words[1] === "-") throw notStored(connection.host, stderr.toString());
    return { code: Number(words[1]), stdout, stderr: stderr.toString() };
  }

  /** Gives back what the source of the input failed with; the server then refuses the request. */
  async function sendRest(frames: AsyncGenerator<Buffer>): Promise<Error | null> {
    try {
      for await (const frame of frames) {
        if (!ssh.stdin.write(frame)) await once(ssh.stdin, "drain", { signal: gone.signal });
      }
      return null;
    } catch (error) {
      ssh.stdin.write(bodyEnd);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  return {
    machine,
    over,
    get requests() {
      return requests;
    },
    get pid() {
      return ssh.pid;
    },
    run(script, input) {
      const sent = last.then(() => send(script, input));
      last = sent.catch(() => {});
      return sent.then(({ result }) => result);
    },
    async close() {
      closing = true;
      await ssh.close();
    },
  };
}

function notStored(host: string, stderr: string): RemoteCommandError {
  const why = stderr.trim() || "the request arrived incomplete";
  const text: IdentifiedText = {
    host,
    what: "a request could not be stored there",
    why,
    next: "Nothing was changed. Check the free space in /run and /var/tmp.",
    id: "[DBK-SSH-13]",
  };
  return new RemoteCommandError(text, { code: null, stderr });
}
