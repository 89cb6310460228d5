import type { Socket } from "node:net";
import { agreeOn, exchangeKeys, type HostKey, keyInit, message as keyMessage } from "./key-exchange.ts";
import { type DirectionKey, PacketOpener, PacketSealer } from "./packets.ts";
import { SshReader, SshWriter } from "./ssh-data.ts";

/** What a client runs and says in its one session. */
export interface SessionHandler {
  /** The command that the client runs; `write` sends to its standard output. */
  start(command: string, write: (bytes: Buffer) => void): void;
  /** Bytes of its standard input. */
  push(bytes: Buffer): void;
}

const serverVersion = "SSH-2.0-simulated";
const longestVersion = 255;
const message = {
  ...keyMessage,
  ...{ disconnect: 1, ignore: 2, debug: 4, serviceRequest: 5, serviceAccept: 6 },
  ...{ authRequest: 50, authFailure: 51, authSuccess: 52, publicKeyOk: 60 },
  ...{ globalRequest: 80, requestFailure: 82, open: 90, opened: 91, windowAdjust: 93, data: 94 },
  ...{ endOfFile: 96, close: 97, channelRequest: 98, channelSuccess: 99 },
} as const;

/** As OpenSSH has it: bytes that a client may send before it hears of more, and of one message. */
const window = 2 * 1024 * 1024;
const longestData = 32 * 1024;

/**
 * One connection of a client of OpenSSH, spoken just as far as a login by key, one session and one command need it. The
 * server lets every key in. A client that wants anything else is an error, which `onError` gets.
 */
export class SshConnection {
  readonly #socket: Socket;
  readonly #hostKey: HostKey;
  readonly #handler: SessionHandler;
  readonly #beforeReply: () => Promise<unknown>;
  readonly #onError: (error: Error) => void;
  readonly #opener = new PacketOpener();
  readonly #sealer = new PacketSealer();
  readonly #serverInit = keyInit();
  #clientVersion: string | null = null;
  #beginning: Buffer = Buffer.alloc(0);
  #clientInit: Buffer | null = null;
  #fromClient: DirectionKey | null = null;
  /** The client's number for its session. */
  #channel = 0;
  /** Bytes that the client takes before it asks for more. */
  #room = 0;
  #received = 0;

  /** @param beforeReply what takes its time before the server answers the client's key */
  constructor(
    socket: Socket,
    hostKey: HostKey,
    handler: SessionHandler,
    beforeReply: () => Promise<unknown>,
    onError: (error: Error) => void,
  ) {
    this.#socket = socket;
    this.#beforeReply = beforeReply;
    this.#onError = onError;
    this.#hostKey = hostKey;
    this.#handler = handler;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      try {
        this.#receive(bytes);
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
      }
    });
    // A client that goes away without a word is none of the server's business.
    socket.on("error", () => socket.destroy());
    socket.write(`${serverVersion}\r\n`);
  }

  #receive(bytes: Buffer): void {
    if (this.#clientVersion === null) {
      this.#beginning = Buffer.concat([this.#beginning, bytes]);
      const end = this.#beginning.indexOf("\r\n");
      if (end === -1 && this.#beginning.length > longestVersion) throw new Error("that is no SSH client");
      if (end === -1) return;
      this.#clientVersion = this.#beginning.toString("latin1", 0, end);
      this.#opener.push(this.#beginning.subarray(end + 2));
      // As sshd does: after the client's version, not before.
      this.#send(this.#serverInit);
    } else {
      this.#opener.push(bytes);
    }
    for (let payload = this.#opener.next(); payload !== null; payload = this.#opener.next())
      this.#take(payload);
  }

  #take(payload: Buffer): void {
    const reader = new SshReader(payload);
    const kind = reader.byte();
    const work = this.#messages[kind];
    if (work === undefined) throw new Error(`the simulated server knows no SSH message ${kind}`);
    work(reader, payload);
  }

  readonly #messages: Readonly<Record<number, (reader: SshReader, payload: Buffer) => void>> = {
    [message.disconnect]: () => this.#socket.destroy(),
    [message.ignore]: () => {},
    [message.debug]: () => {},
    [message.keyInit]: (_, payload) => {
      if (this.#clientInit !== null) throw new Error("the simulated server changes no keys");
      agreeOn(payload);
      this.#clientInit = payload;
    },
    [message.exchangeInit]: (_, payload) => this.#exchange(payload),
    [message.newKeys]: () => {
      if (this.#fromClient === null) throw new Error("there are no new keys yet");
      this.#opener.decipher(this.#fromClient);
    },
    [message.serviceRequest]: (reader) =>
      this.#send(new SshWriter().byte(message.serviceAccept).string(reader.bytes()).bytes()),
    [message.authRequest]: (reader) => this.#authenticate(reader),
    [message.globalRequest]: (reader) => {
      reader.bytes();
      if (reader.boolean()) this.#send(new SshWriter().byte(message.requestFailure).bytes());
    },
    [message.open]: (reader) => this.#open(reader),
    [message.windowAdjust]: (reader) => {
      this.#room += reader.skip(4).uint32();
    },
    [message.data]: (reader) => this.#hear(reader.skip(4).bytes()),
    [message.endOfFile]: () => this.#end(),
    [message.close]: () => {},
    [message.channelRequest]: (reader) => this.#request(reader.skip(4)),
  };

  #exchange(payload: Buffer): void {
    if (this.#clientVersion === null || this.#clientInit === null)
      throw new Error("keys before their algorithms");
    const introduction = {
      ...{ clientVersion: this.#clientVersion, serverVersion },
      ...{ clientInit: this.#clientInit, serverInit: this.#serverInit },
    };
    const { reply, fromClient, toClient } = exchangeKeys(payload, introduction, this.#hostKey);
    this.#fromClient = fromClient;
    // The client says nothing before it has the reply.
    this.#beforeReply().then(() => {
      this.#send(reply);
      this.#send(new SshWriter().byte(message.newKeys).bytes());
      this.#sealer.encipher(toClient);
    }, this.#onError);
  }

  /** The ways of a login by key: what else there is, whether this key may try, and its signature. */
  #authenticate(reader: SshReader): void {
    reader.bytes();
    reader.bytes();
    if (reader.text() !== "publickey") {
      this.#send(new SshWriter().byte(message.authFailure).names("publickey").boolean(false).bytes());
    } else if (reader.boolean()) {
      this.#send(new SshWriter().byte(message.authSuccess).bytes());
    } else {
      const writer = new SshWriter().byte(message.publicKeyOk);
      this.#send(writer.string(reader.bytes()).string(reader.bytes()).bytes());
    }
  }

  #open(reader: SshReader): void {
    const kind = reader.text();
    if (kind !== "session") throw new Error(`the simulated server opens no ${kind}`);
    this.#channel = reader.uint32();
    this.#room = reader.uint32();
    const answer = new SshWriter().byte(message.opened).uint32(this.#channel).uint32(0);
    this.#send(answer.uint32(window).uint32(longestData).bytes());
  }

  #request(reader: SshReader): void {
    const kind = reader.text();
    const answer = reader.boolean();
    if (answer) this.#send(this.#toChannel(message.channelSuccess).bytes());
    if (kind === "exec") this.#handler.start(reader.text(), (bytes) => this.#write(bytes));
    else if (kind !== "env") throw new Error(`the simulated server does no ${kind}`);
  }

  #hear(bytes: Buffer): void {
    this.#received += bytes.length;
    if (this.#received >= window / 2) {
      this.#send(this.#toChannel(message.windowAdjust).uint32(this.#received).bytes());
      this.#received = 0;
    }
    this.#handler.push(bytes);
  }

  #write(bytes: Buffer): void {
    this.#room -= bytes.length;
    if (this.#room < 0) throw new Error("the answers are longer than what the client takes at once");
    for (let at = 0; at < bytes.length; at += longestData)
      this.#send(
        this.#toChannel(message.data)
          .string(bytes.subarray(at, at + longestData))
          .bytes(),
      );
  }

  /** The command ends with its input, as the loop on a real server does. */
  #end(): void {
    this.#send(
      this.#toChannel(message.channelRequest).string("exit-status").boolean(false).uint32(0).bytes(),
    );
    this.#send(this.#toChannel(message.endOfFile).bytes());
    this.#send(this.#toChannel(message.close).bytes());
  }

  #toChannel(kind: number): SshWriter {
    return new SshWriter().byte(kind).uint32(this.#channel);
  }

  #send(payload: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(this.#sealer.seal(payload));
  }
}
