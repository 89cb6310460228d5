/** Shell lines that run in a container before a client of its PostgreSQL. */

/**
 * Variables that a container's environment may set for the application, and that affect every client of PostgreSQL
 * there: another server, user, connection or output format. They are unset, because some of them must not be empty.
 * PGPASSWORD and PGPASSFILE stay, because they are used only if the server asks for a password.
 */
const foreignVariables = [
  ...["PGHOSTADDR", "PGDATABASE", "PGUSER", "PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGLOCALEDIR"],
  ...["PGREQUIREAUTH", "PGCHANNELBINDING", "PGREQUIREPEER", "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS"],
  ...["PGSSLMODE", "PGREQUIRESSL", "PGSSLNEGOTIATION", "PGSSLCOMPRESSION", "PGSSLCERT", "PGSSLKEY"],
  ...["PGSSLCERTMODE", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLSNI", "PGSSLKEYLOGFILE"],
  ...["PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION"],
  ...["PGGSSENCMODE", "PGGSSDELEGATION", "PGGSSLIB", "PGKRBSRVNAME", "PGREALM", "PGCONNECT_TIMEOUT"],
  ...["PGDATESTYLE", "PGTZ", "PGGEQO", "PG_COLOR", "PG_COLORS"],
];

/**
 * A PGHOST that is a directory is the directory of the server's socket. PGPORT stays unless a setting overrides it,
 * because the server uses it too. PGCLUSTER chooses among the servers of Debian's packages, and may name a host.
 */
export const forgetForeign = [
  `unset ${foreignVariables.join(" ")}`,
  `case \${PGHOST-} in *,*) unset PGHOST ;; /*) ;; *) unset PGHOST ;; esac`,
  `case \${PGCLUSTER-} in *:*) unset PGCLUSTER ;; esac`,
].join("; ");

/**
 * Since PostgreSQL 17 a login fires login event triggers, and even the first session must not fire them. It cannot
 * query the server's version before, but the client in the container has the same version.
 */
export const firstOptions = [
  "version=$(psql --version)",
  `version=\${version#*") "}`,
  `major=\${version%%[!0-9]*}`,
  `case $major in '' | [0-9] | 1[0-3]) ;; *) PGOPTIONS="$PGOPTIONS -c idle_session_timeout=0" ;; esac`,
  `case $major in '' | [0-9] | 1[0-6]) ;; *) PGOPTIONS="$PGOPTIONS -c transaction_timeout=0 -c event_triggers=off" ;; esac`,
].join("; ");

/**
 * Why a connection with those options was refused: the user is no superuser, or the server is older than the client.
 */
export const refusedOption = /event_triggers|transaction_timeout|idle_session_timeout/;
