import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import type { DirectionKey } from "./packets.ts";
import { SshReader, SshWriter } from "./ssh-data.ts";

/** An Ed25519 key that a server is known by. */
export interface HostKey {
  privateKey: KeyObject;
  /** As it is sent and stands in known_hosts, in binary. */
  blob: Buffer;
  /** `ssh-ed25519 BASE64`. */
  text: string;
}

const hostKeyType = "ssh-ed25519";
const algorithms = {
  exchange: "curve25519-sha256",
  hostKey: hostKeyType,
  cipher: "aes128-gcm@openssh.com",
  // Not used with a cipher that authenticates by itself, but a client wants to agree on one.
  mac: "hmac-sha2-256",
  compression: "none",
};
const rawKeyBytes = 32;
/** What stands before the 32 bytes of an X25519 key in SubjectPublicKeyInfo. */
const x25519Prefix = Buffer.from("302a300506032b656e032100", "hex");

export const message = { keyInit: 20, newKeys: 21, exchangeInit: 30, exchangeReply: 31 } as const;

export function newHostKey(): HostKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const blob = new SshWriter().string(hostKeyType).string(raw(publicKey)).bytes();
  return { privateKey, blob, text: `${hostKeyType} ${blob.toString("base64")}` };
}

/** The algorithms that this server has; one of each kind. */
export function keyInit(): Buffer {
  const { exchange, hostKey, cipher, mac, compression } = algorithms;
  const writer = new SshWriter().byte(message.keyInit).raw(randomBytes(16));
  const lists = [exchange, hostKey, cipher, cipher, mac, mac, compression, compression, "", ""];
  for (const list of lists) writer.names(list);
  return writer.boolean(false).uint32(0).bytes();
}

/** @throws Error where the client's offer lacks one of this server's algorithms */
export function agreeOn(clientInit: Buffer): void {
  const reader = new SshReader(clientInit).skip(1 + 16);
  const { exchange, hostKey, cipher, mac, compression } = algorithms;
  for (const wanted of [exchange, hostKey, cipher, cipher, mac, mac, compression, compression])
    if (!reader.names().includes(wanted)) throw new Error(`the client does not offer ${wanted}`);
}

/** What both sides have said before the exchange: it is signed with the rest. */
export interface Introduction {
  clientVersion: string;
  serverVersion: string;
  clientInit: Buffer;
  serverInit: Buffer;
}

export interface ExchangeResult {
  reply: Buffer;
  fromClient: DirectionKey;
  toClient: DirectionKey;
}

/** Answers a client's first message of curve25519-sha256 (RFC 8731); the first exchange, so that its hash is the session's id. */
export function exchangeKeys(init: Buffer, introduction: Introduction, hostKey: HostKey): ExchangeResult {
  const { clientVersion, serverVersion, clientInit, serverInit } = introduction;
  const theirs = new SshReader(init).skip(1).bytes();
  const own = generateKeyPairSync("x25519");
  const ours = raw(own.publicKey);
  const publicKey = createPublicKey({
    key: Buffer.concat([x25519Prefix, theirs]),
    format: "der",
    type: "spki",
  });
  const secret = new SshWriter().mpint(diffieHellman({ privateKey: own.privateKey, publicKey })).bytes();
  const exchanged = new SshWriter()
    .string(clientVersion)
    .string(serverVersion)
    .string(clientInit)
    .string(serverInit)
    .string(hostKey.blob)
    .string(theirs)
    .string(ours)
    .raw(secret);
  const hash = sha256(exchanged.bytes());
  const signature = new SshWriter()
    .string(hostKeyType)
    .string(sign(null, hash, hostKey.privateKey))
    .bytes();
  const derived = (letter: string, length: number) =>
    sha256(secret, hash, Buffer.from(letter), hash).subarray(0, length);
  return {
    reply: new SshWriter()
      .byte(message.exchangeReply)
      .string(hostKey.blob)
      .string(ours)
      .string(signature)
      .bytes(),
    fromClient: { iv: derived("A", 12), key: derived("C", 16) },
    toClient: { iv: derived("B", 12), key: derived("D", 16) },
  };
}

function sha256(...pieces: Buffer[]): Buffer {
  return createHash("sha256").update(Buffer.concat(pieces)).digest();
}

/** A public key of either curve without its wrapping. */
function raw(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(-rawKeyBytes);
}
