/** Shell lines that run in a container before a client of its PostgreSQL. */

/**
 * What a container's environment may tell every client of PostgreSQL there, for its application's sake: another server,
 * another user, another way to connect, another form of what is written. An empty value would not do: some of them may
 * not be empty. PGPASSWORD and PGPASSFILE stay, for nothing but a server that wants a password uses them.
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
 * A PGHOST that is a directory says where the server's socket is. PGPORT stays where no setting says otherwise, because
 * the server listens where it says, too. PGCLUSTER chooses among the servers of Debian's packages, and may name a host.
 */
export const forgetForeign = [
  `unset ${foreignVariables.join(" ")}`,
  `case \${PGHOST-} in *,*) unset PGHOST ;; /*) ;; *) unset PGHOST ;; esac`,
  `case \${PGCLUSTER-} in *:*) unset PGCLUSTER ;; esac`,
].join("; ");

/**
 * A login fires event triggers of its own from PostgreSQL 17 on, so that the first session already must not: it cannot
 * ask for the server's version, but the client in the container is of the same.
 */
export const firstOptions = [
  "version=$(psql --version)",
  `version=\${version#*") "}`,
  `major=\${version%%[!0-9]*}`,
  `case $major in '' | [0-9] | 1[0-3]) ;; *) PGOPTIONS="$PGOPTIONS -c idle_session_timeout=0" ;; esac`,
  `case $major in '' | [0-9] | 1[0-6]) ;; *) PGOPTIONS="$PGOPTIONS -c transaction_timeout=0 -c event_triggers=off" ;; esac`,
].join("; ");

/** Why a connection with those options was refused: no superuser, or a server that is older than the client. */
export const refusedOption = /event_triggers|transaction_timeout|idle_session_timeout/;
