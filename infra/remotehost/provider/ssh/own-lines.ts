/**
 * The beginnings of lines that OpenSSH's client (8 to 10, LC_ALL=C) writes itself, or passes on from sshd and PAM, when
 * a login fails. The patterns of `failure-table.ts` are searched only in such lines.
 */
const beginnings = [
  "ssh: ",
  "(?:kex|ssh)_exchange_identification: ",
  "ssh_dispatch_run_fatal: ",
  "(?:kex_input|client_loop|mux_client)\\w*: ",
  "banner exchange: ",
  "(?:sign_and_send_pubkey|send_pubkey_test): ",
  "channel \\d+: open failed: ",
  "stdio forwarding failed",
  // The local configuration.
  "\\S+: line \\d+: Bad configuration option",
  "\\S+(?: line \\d+)?: terminating, \\d+ bad",
  "Can't open user config file ",
  "Bad owner or permissions on /",
  // The server's key and the person's.
  "@ +WARNING: ",
  "Host key for \\S+ has changed and you have requested strict checking",
  "Host key verification failed\\.?$",
  "(?:ED25519|RSA|ECDSA|DSA|Host key|Revoked host key)\\b.* is revoked",
  "No \\S+ host key is known for \\S+ and you have requested",
  "Offending \\S+ key in ",
  "SHA256:[A-Za-z0-9+/]{43}=?\\.?$",
  "Warning: Identity file ",
  "(?:\\S+@\\S+: )?Permission denied \\([a-z0-9,@.-]*\\)\\.?$",
  "(?:Received disconnect from .*: ?)?Too many authentication failures",
  // The connection.
  "Unable to negotiate with \\S+ port \\d+: ",
  "Bad packet length \\d+",
  "Protocol mismatch",
  "Bad remote protocol version identification",
  "Connection (?:closed|reset) by (?:remote host|peer|\\S+ port \\d+)",
  "Connection to \\S+(?: port \\d+)? (?:timed out|closed)",
  "Connection timed out during banner exchange",
  "Connection reset\\.?$",
  "Not allowed at this time",
  // Common programs for ProxyCommand.
  "[Nn](?:c|cat|etcat): ",
  "\\S+ \\S+ socat\\[\\d+\\] E ",
  // The account.
  "(?:WARNING: )?Your (?:password|account) has expired",
  "Password change required but no TTY available",
  "(?:This|Your|The) account is (?:currently )?(?:not available|locked)",
  "User account has expired",
];

const own = new RegExp(`^(?:${beginnings.join("|")})`);

/**
 * ssh's own lines, without a server's banner, which may contain any text, such as "Connection refused to strangers" or
 * "the account is locked after three failures".
 */
export const ownLines = (stderr: string): string =>
  stderr
    .split("\n")
    .filter((line) => own.test(line))
    .join("\n");
