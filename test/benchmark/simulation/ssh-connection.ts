import type { Socket } from "node:net";
import ssh2, { type AuthContext, type Connection, type ServerChannel, type ServerConfig } from "ssh2";

/** What a client runs and says in its one session. */
export interface SessionHandler {
  /** The command that the client runs; `write` sends to its standard output. */
  start(command: string, write: (bytes: Buffer) => void): void;
  /** Bytes of its standard input. */
  push(bytes: Buffer): void;
}

/** An Ed25519 key that a server is known by. */
export interface HostKey {
  /** As ssh-keygen writes it. */
  privateKey: string;
  /** `ssh-ed25519 BASE64`. */
  text: string;
}

export function newHostKey(): HostKey {
  // Of what ssh2 makes, one key in 256 or so it cannot read.
  for (;;) {
    const { private: privateKey, public: text } = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(privateKey) instanceof Error)) return { privateKey, text };
  }
}

const algorithms: NonNullable<ServerConfig["algorithms"]> = {
  kex: ["curve25519-sha256"],
  serverHostKey: ["ssh-ed25519"],
  cipher: ["aes128-gcm@openssh.com"],
  compress: ["none"],
};

/**
 * Serves one connection of a client of OpenSSH: a login by key, one session and one command. Every key is let in, whatever
 * its signature; ssh2 refuses what else a client asks for.
 * @param beforeLogin what takes its time before the client's first request to log in is answered: ssh2 answers the key
 * exchange at once, and the client waits for the one as idly as for the other
 * @param onError gets what `handler` throws, and every error of the protocol
 */
export function serveSsh(
  socket: Socket,
  { privateKey }: HostKey,
  handler: SessionHandler,
  beforeLogin: () => Promise<unknown>,
  onError: (error: Error) => void,
): void {
  // Before ssh2 listens, so that what it answers is held together.
  socket.prependListener("data", () => sendTogether(socket));
  const server = new ssh2.Server({ hostKeys: [privateKey], algorithms, ident: "simulated" }, (connection) => {
    connection.on("error", (error: Error & { level?: string }) => {
      // A client that goes away without a word is none of the server's business.
      if (error.level !== "socket") onError(error);
    });
    logIn(connection, socket, beforeLogin, onError);
    connection.on("session", (acceptSession) => {
      acceptSession().on("exec", (acceptCommand, _, { command }) =>
        run(command, acceptCommand(), socket, handler, onError),
      );
    });
  });
  server.injectSocket(socket);
}

/** ssh2 writes a packet in three pieces. Sent as such, each would cost the way and the client as much as sshd's whole one. */
function sendTogether(socket: Socket): void {
  socket.cork();
  process.nextTick(() => socket.uncork());
}

function logIn(
  connection: Connection,
  socket: Socket,
  beforeLogin: () => Promise<unknown>,
  onError: (error: Error) => void,
): void {
  let begun: Promise<unknown> | null = null;
  const answer = (request: AuthContext) => {
    sendTogether(socket);
    if (request.method === "publickey") request.accept();
    else request.reject(["publickey"]);
  };
  connection.on("authentication", (request) => {
    begun ??= beforeLogin();
    begun.then(() => answer(request), onError);
  });
}

function run(
  command: string,
  channel: ServerChannel,
  socket: Socket,
  handler: SessionHandler,
  onError: (error: Error) => void,
): void {
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const write = (bytes: Buffer) => {
    // An answer may be due after its client has gone.
    if (!channel.writable) return;
    sendTogether(socket);
    channel.write(bytes);
  };
  channel.on("data", (bytes: Buffer) => attempt(() => handler.push(bytes)));
  // The command ends with its input, as the loop on a real server does.
  channel.on("end", () => {
    sendTogether(socket);
    channel.exit(0);
    channel.end();
  });
  attempt(() => handler.start(command, write));
}
