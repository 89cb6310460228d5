import type { Connection } from "../remotehost/connection.ts";
import { RemoteHostError } from "../remotehost/errors.ts";
import { fingerprintOf, showHostKey } from "../remotehost/host-key.ts";
import { program, type Request } from "./command-line.ts";
import type { Conversation } from "./conversation.ts";
import { DeploymentError, Interruption } from "./errors.ts";

/** How a person finds out on the server itself whether a fingerprint is its own. */
const compareAdvice = "Compare on the server's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub";

const withoutPadding = (fingerprint: string): string => fingerprint.replace(/=+$/, "");

/** What becomes of a key that nobody has vouched for yet. */
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

/** Whether what was thrown says that this server's key is not accepted or cannot be seen, and nothing of other servers. */
export const isRefusal = (error: unknown): error is DeploymentError | RemoteHostError =>
  error instanceof RemoteHostError || (error instanceof DeploymentError && !(error instanceof Interruption));

/** A refusal as one of the problems of its server. */
export const refusalText = (error: DeploymentError | RemoteHostError): string =>
  [error.message, ...(error instanceof DeploymentError && error.next !== "" ? [error.next] : [])].join("\n");

/**
 * The host key of a server that is not known yet, once the person, or the command line, has accepted it.
 * @returns `TYPE BASE64`
 * @throws DeploymentError where it is not accepted; ConnectError where the server shows none
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
        `${said}, not the ${request.acceptHostKey} that --accept-host-key says; nothing was changed [DBK-SSH-2]`,
        compareAdvice,
      );
    case "refused":
      throw new DeploymentError(
        "notConfirmed",
        `${said}, and nobody was asked; nothing was changed [DBK-SSH-2]`,
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
