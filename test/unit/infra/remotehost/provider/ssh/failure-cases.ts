import type { ConnectErrorKind } from "../../../../../../infra/remotehost/errors.ts";

export const changedHostKey = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
The fingerprint for the ED25519 key sent by the remote host is
SHA256:7qiOJlSaLUYb6pcEsYVBHIkmRZlnLaiDDC2Ys2AE1fI.
Please contact your system administrator.
Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.
Offending RSA key in /home/me/.ssh/known_hosts:3
Host key for [db1.example]:2222 has changed and you have requested strict checking.
Host key verification failed.
`;
const unknown = `No ED25519 host key is known for [db1.example]:2222 and you have requested strict checking.
Host key verification failed.
`;

/** OpenSSH's output, its meaning, and a part of the message for a person. */
interface FailureCase {
  kind: ConnectErrorKind;
  stderr: string;
  says: string;
  retry?: true;
}

export const failureCases: FailureCase[] = [
  {
    kind: "changed-host-key",
    stderr: changedHostKey,
    says: "ssh-keygen -f /home/me/.ssh/known_hosts -R '[db1.example]:2222'",
  },
  {
    kind: "changed-host-key",
    stderr: changedHostKey,
    says: "SHA256:7qiOJlSaLUYb6pcEsYVBHIkmRZlnLaiDDC2Ys2AE1fI;",
  },
  { kind: "changed-host-key", stderr: changedHostKey, says: "WARNING" },
  {
    kind: "unknown-host-key",
    stderr: unknown,
    says: "ssh-keyscan -p 2222 db1.example >> ~/.ssh/known_hosts",
  },
  { kind: "unknown-host-key", stderr: "Host key verification failed.", says: "ssh-keyscan" },
  {
    kind: "revoked-host-key",
    stderr: "@       WARNING: REVOKED HOST KEY DETECTED!               @",
    says: "stolen",
  },
  {
    kind: "refused-key",
    stderr: "root@db1.example: Permission denied (publickey).",
    says: "~root/.ssh/authorized_keys",
  },
  {
    kind: "refused-key",
    stderr: "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures",
    says: "-p 2222 db1.example true",
  },
  {
    kind: "refused-key",
    stderr: "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nroot@h: Permission denied (publickey).",
    says: "chmod 600",
  },
  {
    kind: "refused-key",
    stderr:
      "Warning: Identity file /k not accessible: No such file or directory.\nroot@h: Permission denied (publickey).",
    says: "Correct identityFile",
  },
  {
    kind: "account-locked",
    stderr: "WARNING: Your password has expired.\nPassword change required but no TTY available.",
    says: "chage",
  },
  {
    kind: "name-not-found",
    stderr: "ssh: Could not resolve hostname db1.example: Name or service not known",
    says: "spelling",
  },
  {
    kind: "name-not-found",
    stderr: "ssh: Could not resolve hostname db1.example: Temporary failure in name resolution",
    says: "name server",
    retry: true,
  },
  {
    kind: "port-closed",
    stderr: "ssh: connect to host db1.example port 2222: Connection refused",
    says: "port 2222: Connection refused",
  },
  {
    kind: "unreachable",
    stderr: "ssh: connect to host db1.example port 22: No route to host",
    says: "firewall",
  },
  {
    kind: "unreachable",
    stderr: "ssh: connect to host db1.example port 22: Network is unreachable",
    says: "firewall",
  },
  {
    kind: "timeout",
    stderr: "ssh: connect to host db1.example port 22: Connection timed out",
    says: "firewall",
  },
  {
    kind: "timeout",
    stderr: "ssh: connect to host db1.example port 22: Operation timed out",
    says: "firewall",
  },
  {
    kind: "timeout",
    stderr: "Connection timed out during banner exchange\nConnection to 10.0.0.1 port 22 timed out",
    says: "during banner exchange",
  },
  {
    kind: "dropped",
    stderr:
      "kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 22",
    says: "MaxStartups",
    retry: true,
  },
  {
    kind: "dropped",
    stderr:
      "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.1 port 22",
    says: "MaxStartups",
    retry: true,
  },
  {
    kind: "dropped",
    stderr: "ssh_exchange_identification: Connection closed by remote host",
    says: "MaxStartups",
    retry: true,
  },
  { kind: "dropped", stderr: "Connection closed by 10.0.0.1 port 22", says: "MaxStartups", retry: true },
  {
    kind: "no-common-algorithm",
    stderr:
      "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa",
    says: "up to date",
  },
  {
    kind: "not-ssh",
    stderr: "kex_exchange_identification: banner line contains invalid characters",
    says: "correct the port",
  },
  { kind: "not-ssh", stderr: "Bad packet length 1213486160.", says: "correct the port" },
  {
    kind: "jump-host",
    stderr: "channel 0: open failed: connect failed: Connection timed out by peer\nstdio forwarding failed",
    says: "hop",
  },
  { kind: "jump-host", stderr: "Connection closed by UNKNOWN port 65535", says: "hop" },
  {
    kind: "client-configuration",
    stderr: "command-line: line 0: Bad configuration option: knownhostscommand",
    says: "ssh_config",
  },
  {
    kind: "client-configuration",
    stderr: "Bad owner or permissions on /home/me/.ssh/config",
    says: "ssh_config",
  },
  {
    kind: "port-closed",
    stderr:
      "nc: connect to 10.0.0.1 port 22 (tcp) failed: Connection refused\nkex_exchange_identification: Connection closed by remote host",
    says: "correct host and port",
  },
  { kind: "other", stderr: "something that no ssh has ever said", says: "Try by hand" },
];
