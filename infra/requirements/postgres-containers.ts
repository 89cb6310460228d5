import { patience } from "./database-look.ts";

/** The shell function `postgres_containers`, which prints the signs of PostgreSQL of each running container. */
export const postgresContainersFunction = `
postgres_containers() {
  timeout ${patience} docker container ls --no-trunc \\
    --format '{{.Names}}|{{.Image}}|{{.Ports}}|{{.Label "database-backups.rehearsal"}}' 2>/dev/null </dev/null
}
`;

/** Images of PostgreSQL by their names, wherever they come from. */
const image = /postgres|postgis|timescale|pgvector|citus|paradedb|supabase\/postgres|spilo/i;
const port = /\b5432\/tcp\b/;
/** Programs that only connect to PostgreSQL, or serve its clients. */
const companion = /pgbouncer|pgpool|pgadmin|pgcat|exporter|postgrest|adminer|backup/i;

/** An image's name without registry and owner, which do not show its content. */
const lastPart = (from: string): string => from.slice(from.lastIndexOf("/") + 1);

/**
 * The names of the running containers that are PostgreSQL, by image and port, without those of rehearsals.
 * @param text the output of `postgres_containers`
 */
export function parsePostgresContainers(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", from = "", ports = "", rehearsal = ""] = line.split("|");
    const runsPostgres = (image.test(from) || port.test(ports)) && !companion.test(lastPart(from));
    return name !== "" && rehearsal === "" && runsPostgres ? [name] : [];
  });
}
