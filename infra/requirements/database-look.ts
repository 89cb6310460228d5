import * as z from "zod/mini";
import { firstOptions, forgetForeign } from "../../scripts/contract/client-environment.ts";
import { archiveEndings } from "../../scripts/contract/compressions.ts";
import {
  type ContainerMount,
  DockerMounts,
  mountsOf,
  usualDataDirectory,
} from "../../scripts/contract/persistence.ts";
import { quote } from "../../scripts/contract/quoting.ts";
import { sessionOptions, unknownServer } from "../../scripts/contract/session-settings.ts";

/** The observation of one container and its database. */
export interface DatabaseSeen {
  /** Null if there is no container of this name. */
  container: ContainerSeen | null;
  /** psql's answer; null if it was not queried. */
  answer: Answer | null;
  hasBackup: boolean;
}

/** PostgreSQL's answer, or the error instead. */
export type Answer = { ok: true; collation: Collation | null } | { ok: false; text: string };

export interface ContainerSeen {
  name: string;
  running: boolean;
  /** Docker's word: running, exited, … */
  status: string;
  /** PGDATA in the container. */
  dataDirectory: string;
  /** The host addresses that are published for PostgreSQL's port: `ADDRESS:PORT`; an empty address means all. */
  published: string[];
  mounts: ContainerMount[];
}

/** The versions of a database's collation: the one it was created with, and that of the present library. */
export interface Collation {
  recorded: string;
  actual: string;
}

// Seconds within which docker or PostgreSQL must answer.
export const patience = 15;

/**
 * Whether it answers, and the versions of its collation (PostgreSQL 15 or later, which warns of a mismatch on every
 * connection).
 */
const databaseQuestion = String.raw`
select 1;
\set ON_ERROR_STOP 0
select current_setting('server_version_num')::int >= 150000 as versioned \gset
\if :versioned
select datcollversion || '|' || pg_catalog.pg_database_collation_actual_version(oid)
from pg_catalog.pg_database where datname = pg_catalog.current_database();
\endif
`;

// Only these fields leave the server: a container's environment holds passwords.
const containerFormat =
  '{"name":{{json .Name}},"running":{{json .State.Running}},"status":{{json .State.Status}},' +
  '"dataDirectories":[null{{range .Config.Env}}{{if eq (index (split . "=") 0) "PGDATA"}},{{json .}}{{end}}{{end}}],' +
  '"ports":{{json .HostConfig.PortBindings}},"mounts":{{json .Mounts}}}';

/** The session settings that any user may set. A server is queried as the programs query it. */
const options = quote(sessionOptions(unknownServer));
const connecting = quote(`${forgetForeign}; exec psql "$@"`);
const connectingFirst = quote(`${forgetForeign}; ${firstOptions}; exec psql "$@"`);

/**
 * The shell function `database CONTAINER USER DATABASE BACKUPS NAME PORT PASSWORDFILE`, which reports its observations
 * of one database; the last two arguments may be empty.
 */
export const databaseFunctions = `
# Standard error counts only where psql fails: a connection may well warn of something.
connect() {
  script=$1; shift
  printf %s ${quote(databaseQuestion)} |
    timeout ${patience} docker exec -i --env LC_ALL=C --env PGOPTIONS=${options} \${6:+--env "PGPORT=$6"} \
      \${7:+--env PGPASSWORD} "$1" sh -c "$script" sh -X -q -w -v ON_ERROR_STOP=1 -U "$2" -d "$3" -At 2>&1 >&3
}
ask() {
  unset PGPASSWORD
  if [ -n "$7" ]; then
    case $(LC_ALL=C stat -L -c '%F %a %u' "$7" 2>&1) in
      'regular file '[4-7]'00 0') ;;
      *) printf %s "the password file $7 is missing or empty, or others than root can read it"; return 1 ;;
    esac
    PGPASSWORD=$(cat "$7")
    if [ -z "$PGPASSWORD" ]; then printf %s "the password file $7 is empty"; return 1; fi
    export PGPASSWORD
  fi
  exec 3>&1
  said=$(connect ${connectingFirst} "$@")
  code=$?
  case $code$said in
    0*) ;;
    # Refused, before it could do any harm: no superuser, or a server that is older than the client.
    *event_triggers* | *transaction_timeout* | *idle_session_timeout*) said=$(connect ${connecting} "$@"); code=$? ;;
  esac
  if [ "$code" -ne 0 ]; then printf %s "$said"; fi
  return "$code"
}
database() {
  seen=$(timeout ${patience} docker container inspect --format ${quote(containerFormat)} "$1" 2>/dev/null </dev/null)
  case $? in
    0) printf %s "$seen" | say container ;;
    124) printf %s "it says nothing of the container $1" | say docker ;;
  esac
  case $seen in *'"running":true,'*)
    if answer=$(ask "$@")
    then printf %s "$answer" | say answered; else printf %s "$answer" | say refused; fi ;;
  esac
  for file in "$4/$5"_[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]_[0-9]*.sql.*; do
    case $file in ${Object.values(archiveEndings)
      .map((ending) => `*.${ending}`)
      .join("|")}) if [ -f "$file" ]; then echo | say backup; break; fi ;; esac
  done
}
`;

const Container = z.object({
  name: z.string(),
  running: z.boolean(),
  status: z.string(),
  dataDirectories: z.array(z.nullable(z.string())),
  ports: z.nullish(
    z.record(z.string(), z.nullable(z.array(z.object({ HostIp: z.string(), HostPort: z.string() })))),
  ),
  mounts: DockerMounts,
});

/** @throws SyntaxError or ZodError if it is not docker's output. */
export function containerOf(text: string): ContainerSeen {
  const { name, running, status, dataDirectories, ports, mounts } = z.parse(Container, JSON.parse(text));
  const variable = dataDirectories.findLast((one) => one !== null);
  const dataDirectory = variable?.slice("PGDATA=".length) || usualDataDirectory;
  const published = (ports?.["5432/tcp"] ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`);
  // Podman names a container without Docker's slash.
  return {
    name: name.replace(/^\//, ""),
    running,
    status,
    dataDirectory,
    published,
    mounts: mountsOf(mounts),
  };
}

/** The output of a psql that succeeded. */
export function answerOf(text: string): Answer {
  const [first = "", ...rest] = text.split("\n");
  return first === "1" ? { ok: true, collation: collationOf(rest) } : { ok: false, text };
}

function collationOf([line = ""]: string[]): Collation | null {
  const [recorded = "", actual = ""] = line.split("|");
  return recorded === "" || actual === "" ? null : { recorded, actual };
}
