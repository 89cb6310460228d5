import type { Failure, FailureContext } from "./failure-row.ts";

const notTrusted = "the host key could not be trusted";

function replaceKnownKey({ knownHosts, lookupName, ssh }: FailureContext): string {
  const file = knownHosts === null ? "" : `-f ${knownHosts} `;
  return `Only if the server was reinstalled: ssh-keygen ${file}-R '${lookupName}', then \`${ssh} true\` once, comparing the fingerprint.`;
}

/** ssh's messages if the server does not prove to be the known one. A retry never helps. */
export const hostKeyFailures: Failure[] = [
  {
    kind: "revoked-host-key",
    pattern: /REVOKED HOST KEY|is revoked/,
    what: notTrusted,
    retry: false,
    next: () => "Do not connect: this key was marked as stolen. Give the server a new host key first.",
  },
  {
    kind: "changed-host-key",
    pattern: /Host key for .* has changed/,
    what: "WARNING, another machine may be answering in its place",
    retry: false,
    next: (context) => {
      const shown = `It shows ${context.fingerprint ?? "another key"}; compare on the server's console with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub.`;
      const mend = context.pinned
        ? "Only if the change is yours, put the new key into hostKey of the configuration."
        : replaceKnownKey(context);
      return `${shown} ${mend}`;
    },
  },
  {
    kind: "unknown-host-key",
    pattern: /No .*host key is known for|Host key verification failed/,
    what: notTrusted,
    retry: false,
    next: ({ pinned, keyscan }) =>
      pinned
        ? `The server shows no key of the pinned type: see \`${keyscan}\` and correct hostKey of the configuration.`
        : `Compare \`${keyscan} | ssh-keygen -lf -\` with the fingerprint on the server's console, then: ${keyscan} >> ~/.ssh/known_hosts (or set hostKey in the configuration).`,
  },
];
