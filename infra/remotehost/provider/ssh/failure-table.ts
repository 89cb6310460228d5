import type { Failure, FailureContext } from "./failure-row.ts";
import { hostKeyFailures } from "./host-key-failures.ts";

const login = "logging in over ssh failed";
const reach = "the server could not be reached over ssh";
const checkAddress = ({ ssh }: FailureContext) =>
  `Check the address, the port and the firewall; \`${ssh} true\` must work.`;

/** The first match wins: messages about the cause come before messages about giving up. */
export const failures: Failure[] = [
  {
    kind: "client-configuration",
    pattern:
      /Bad configuration option|Can't open user config file|Bad owner or permissions on|terminating, \d+ bad/,
    what: "the local ssh could not start",
    retry: false,
    next: ({ pinned }) =>
      `Correct the ssh_config that it names${pinned ? "; a pinned hostKey needs OpenSSH 8.5 or later" : ""}.`,
  },
  ...hostKeyFailures,
  {
    kind: "refused-key",
    pattern: /UNPROTECTED PRIVATE KEY FILE/,
    what: login,
    retry: false,
    next: () => "Others can read the private key, so ssh does not use it: chmod 600 it.",
  },
  {
    kind: "refused-key",
    pattern: /Identity file .* not accessible[\s\S]*Permission denied \(/,
    what: login,
    retry: false,
    next: () => "Correct identityFile: it must name a private key on this machine.",
  },
  {
    kind: "refused-key",
    pattern: /Permission denied \(|Too many authentication failures|no mutual signature/,
    what: login,
    retry: false,
    next: ({ user, ssh }) =>
      `Put your public key into ~${user}/.ssh/authorized_keys on the server, or name the key by identityFile; \`${ssh} true\` must work without a question.`,
  },
  {
    kind: "account-locked",
    pattern:
      /password has expired|Password change required|account is (currently )?(not available|locked)|account has expired/i,
    what: login,
    retry: false,
    next: ({ user }) => `Unlock the account ${user} on the server (passwd, chage -l ${user}).`,
  },
  {
    kind: "jump-host",
    pattern: /open failed: |stdio forwarding failed/,
    what: "the jump host did not let the connection through",
    retry: false,
    next: ({ ssh }) => `See which hop fails: \`${ssh} true\`.`,
  },
  {
    kind: "name-not-found",
    pattern: /Could not resolve hostname .*Temporary failure/,
    what: reach,
    retry: true,
    next: () => "Check the spelling of host, ssh_config and this machine's name server.",
  },
  {
    kind: "name-not-found",
    pattern: /Could not resolve hostname/,
    what: reach,
    retry: false,
    next: () => "Check the spelling of host, ssh_config and the DNS.",
  },
  {
    kind: "port-closed",
    pattern: /Connection refused/,
    what: reach,
    retry: false,
    next: () => "Start sshd there, or correct host and port.",
  },
  {
    kind: "unreachable",
    pattern: /No route to host|Network is unreachable|Network is down|Host is down/,
    what: reach,
    retry: false,
    next: checkAddress,
  },
  {
    kind: "no-common-algorithm",
    pattern: /Unable to negotiate with|no matching .* found/,
    what: login,
    retry: false,
    next: () => "Bring OpenSSH on the server up to date, or allow the algorithm in ssh_config.",
  },
  {
    kind: "timeout",
    pattern: /timed out|Operation timed out/,
    what: reach,
    retry: false,
    next: checkAddress,
  },
  {
    kind: "not-ssh",
    pattern:
      /banner line .*(invalid|too long)|Bad packet length|Protocol mismatch|Bad remote protocol|no version/,
    what: reach,
    retry: false,
    next: () => "Something else than sshd answers there: correct the port.",
  },
  {
    kind: "jump-host",
    pattern: /UNKNOWN port 65535/,
    what: "the jump host did not let the connection through",
    retry: false,
    next: ({ ssh }) => `See which hop fails: \`${ssh} true\`.`,
  },
  {
    kind: "dropped",
    pattern:
      /kex_exchange_identification|ssh_exchange_identification|Connection (closed|reset) by|Connection to .* closed|Connection reset|Not allowed at this time/,
    what: "sshd dropped the connection before the login",
    retry: true,
    next: () => "Look at sshd's log there; MaxStartups, PerSourcePenalties, fail2ban or hosts.deny do this.",
  },
];
