import type { Connection } from "../remotehost/connection.ts";
import { RemoteHostError } from "../remotehost/errors.ts";
import { fingerprintOf, showHostKey } from "../remotehost/host-key.ts";
import { program, type Request } from "./command-line.ts";
import type { Conversation } from "./conversation.ts";
import { DeploymentError, Interruption } from "./errors.ts";

/** How to verify a fingerprint on the server itself. */
const compareAdvice = "Compare on the server's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub";

const withoutPadding = (fingerprint: string): string => fingerprint.replace(/=+$/, "");

/** The decision about a host key that is not trusted yet. */
export type Verdict = "accepted" | "ask" | "refused" | "different";

export function judgeHostKey(shown: string, accepted: string | null, canAsk: boolean): Verdict {
  if (accepted !== null)
    return withoutPadding(fingerprintOf(shown)) === withoutPadding(accepted) ? "accepted" : "different";
  return canAsk ? "ask" : "refused";
}

const againWith = ({ choice }: Request, key: string, fingerprint: string): string =>
  choice.kind === "host"
    ? `Then run this again with --accept-host-key ${fingerprint}`
    : `Then: ${program} ${key} --accept-host-key ${fingerprint}`;

/** Whether an error means that this server's key is not accepted or cannot be read. Such an error concerns no other server. */
export const isRefusal = (error: unknown): error is DeploymentError | RemoteHostError =>
  error instanceof RemoteHostError || (error instanceof DeploymentError && !(error instanceof Interruption));

/** A refusal as one of the problems of its server. */
export const refusalText = (error: DeploymentError | RemoteHostError): string =>
  [error.message, ...(error instanceof DeploymentError && error.next !== "" ? [error.next] : [])].join("\n");

/**
 * The host key of an unknown server, after the person or the command line has accepted it.
 * @returns `TYPE BASE64`
 * @throws DeploymentError if the key is not accepted; ConnectError if the server shows none
 */
export async function acceptHostKey(
  connection: Connection,
  request: Request,
  talk: Conversation,
  signal: AbortSignal,
): Promise<string> {
  const shown = await showHostKey(connection, signal);
  const [type] = shown.split(" ");
  const fingerprint = fingerprintOf(shown);
  const said = `the host key of ${connection.host} is not known. It shows ${type} ${fingerprint}`;
  switch (judgeHostKey(shown, request.acceptHostKey, talk.possible && !request.yes)) {
    case "accepted":
      return shown;
    case "different":
      throw new DeploymentError(
        "unavailable",
        `${said}, not the ${request.acceptHostKey} of --accept-host-key; nothing was changed [DBK-SSH-2]`,
        compareAdvice,
      );
    case "refused":
      throw new DeploymentError(
        "notConfirmed",
        `${said}, and there was no terminal to confirm it on; nothing was changed [DBK-SSH-2]`,
        `${compareAdvice}\n${againWith(request, connection.key, fingerprint)}`,
      );
    case "ask":
      if (await talk.confirm(`T${said.slice(1)}.\n${compareAdvice}\nIs it this key?`)) return shown;
      throw new DeploymentError(
        "notConfirmed",
        "the host key was not accepted; nothing was changed [DBK-SSH-2]",
      );
  }
}
