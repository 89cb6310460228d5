import { homedir } from "node:os";
import { ConnectError } from "./errors.ts";

/** How a server is reached. The system's ssh connects: everything absent here comes from the user's ssh_config. */
export interface Connection {
  /** The server's key in the stack configuration: its identity. An address may change. */
  key: string;
  /** The destination for ssh: an alias of ssh_config, a name or an address. */
  host: string;
  user?: string;
  port?: number;
  /** A pinned host key, `TYPE BASE64`, instead of known_hosts. */
  hostKey?: string;
  /** An ssh_config file to use instead of the person's own (ssh -F). */
  configFile?: string;
  identityFile?: string;
  /** ssh -J. */
  proxyJump?: string;
  /** Seconds until a silent server is given up; 10 unless set. */
  connectTimeout?: number;
}

/** Seconds that ssh waits for a server's first answer where `connectTimeout` is absent. */
export const defaultConnectTimeout = 10;

type Field = Exclude<keyof Connection, "key">;

const hostText = String.raw`[\p{L}\p{N}_.:%][\p{L}\p{N}_.:%-]*`;
const userText = String.raw`[\p{L}\p{N}_.][\p{L}\p{N}_.@+-]*`;
const hop = String.raw`(?:${userText}@)?(?:\[[0-9A-Fa-f:.%]+\]|[\p{L}\p{N}_.][\p{L}\p{N}_.%-]*)(?::\d{1,5})?`;

/**
 * What each value may look like. Older ssh hand host, user and jump host to a shell (ProxyCommand, ProxyJump), and
 * every ssh its configuration's path, so characters with a meaning there are refused, as is a leading dash everywhere.
 */
export const connectionShapes: Readonly<Record<Field, { pattern: RegExp; wanted: string }>> = {
  host: {
    pattern: new RegExp(`^${hostText}$`, "u"),
    wanted: "a host name, an address or an alias of ssh_config, without user or port",
  },
  user: { pattern: new RegExp(`^${userText}$`, "u"), wanted: "a login name" },
  port: { pattern: /^(?!0)\d{1,5}$/, wanted: "a port number" },
  hostKey: {
    pattern: /^(?:ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]{40,}={0,2}$/,
    wanted: "`TYPE BASE64`, the first two fields of /etc/ssh/ssh_host_ed25519_key.pub",
  },
  configFile: {
    pattern: /^[\p{L}\p{N}/._+@=,:~][\p{L}\p{N}/._+@=,:~-]*$/u,
    wanted:
      "a path of letters, digits and / . _ + @ = , : ~ -, because ssh hands it to a shell for jump hosts",
  },
  identityFile: { pattern: /^[^-\p{Cc}]\P{Cc}*$/u, wanted: "a path that does not begin with a dash" },
  proxyJump: {
    pattern: new RegExp(`^(?:${hop})(?:,${hop})*$`, "u"),
    wanted: "`[USER@]HOST[:PORT]`, several separated by commas, or `none`",
  },
  connectTimeout: { pattern: /^[1-9]\d{0,3}$/, wanted: "a number of seconds" },
};

/**
 * The same for every server. Known hosts are checked strictly even where ssh_config is lenient; nothing is asked,
 * forwarded or shared with other ssh processes, and settings that change what a command means are off.
 */
const fixedOptions = [
  "BatchMode=yes",
  "StrictHostKeyChecking=yes",
  "NoHostAuthenticationForLocalhost=no",
  "ConnectionAttempts=1",
  "ServerAliveInterval=10",
  "ServerAliveCountMax=4",
  "ForwardAgent=no",
  "ForwardX11=no",
  "ClearAllForwardings=yes",
  "PermitLocalCommand=no",
  "RemoteCommand=none",
  "ControlMaster=no",
  "ControlPath=none",
  "LogLevel=INFO",
];

/** The words that differ from server to server, in the order in which ssh gets them. */
const fieldArguments: Record<
  Exclude<Field, "host" | "connectTimeout">,
  (value: string, home: string) => string[]
> = {
  configFile: (path, home) => ["-F", path.replace(/^~(?=\/)/, () => home)],
  user: (user) => ["-o", `User=${user}`],
  port: (port) => ["-o", `Port=${port}`],
  identityFile: (path) => ["-o", "IdentitiesOnly=yes", "-i", path],
  proxyJump: (hops) => ["-o", `ProxyJump=${hops}`],
  hostKey: (key) => [
    ...["-o", `KnownHostsCommand=/bin/echo %H ${key}`],
    ...["-o", "UserKnownHostsFile=/dev/null", "-o", "GlobalKnownHostsFile=/dev/null"],
    ...["-o", "UpdateHostKeys=no", "-o", "VerifyHostKeyDNS=no"],
  ],
};

/**
 * The argument list for the system's `ssh`, options and destination; a remote command may follow. Never interactive,
 * host keys always checked. `home` stands for the `~` of `configFile`, which ssh itself does not know. Throws ConnectError "bad-connection" for a value that ssh could take for something else.
 */
export function sshArguments(connection: Connection, home: string = homedir()): string[] {
  refuseBadValues(connection);
  const timeout = connection.connectTimeout ?? defaultConnectTimeout;
  const options = [...fixedOptions, `ConnectTimeout=${timeout}`].flatMap((option) => ["-o", option]);
  const own = Object.entries(fieldArguments).flatMap(([field, words]) => {
    const value = connection[field as keyof typeof fieldArguments];
    return value === undefined ? [] : words(String(value), home);
  });
  return ["-T", ...options, ...own, "--", connection.host];
}

function refuseBadValues(connection: Connection): void {
  for (const [field, { pattern, wanted }] of Object.entries(connectionShapes)) {
    const value = connection[field as Field];
    if (value === undefined || pattern.test(String(value))) continue;
    throw new ConnectError("bad-connection", {
      host: connection.key,
      what: `the connection's ${field} cannot be used`,
      why: `${JSON.stringify(value)} is not ${wanted}`,
      next: `Correct ${field} of this server in the stack configuration.`,
    });
  }
}
