import { persistenceOf } from "../../scripts/contract/persistence.ts";
import type { Answer, ContainerSeen, DatabaseSeen } from "./database-look.ts";
import type { Requirements } from "./requirements.ts";

/** Sentences about one server: what stands in the way, and what is only worth knowing. */
export interface Judgement {
  problems: string[];
  notes: string[];
  /** The databases of which nothing is backed up because their container does not exist, by name. */
  waiting: string[];
}

type DatabaseRequirement = Requirements["databases"][number];

/** What is known beside a database and its container. */
export interface Circumstances {
  dockerIsDown: boolean;
  /** Databases whose container the run has not made and started yet, by name. */
  before: readonly string[];
  /** Running containers with PostgreSQL that no database of the configuration names. */
  others: readonly string[];
  /** The port on 127.0.0.1 of each managed database, by name. */
  published: Readonly<Record<string, number>>;
}

/** Problems and notes of one database and its container. */
export function judgeDatabase(
  required: DatabaseRequirement,
  seen: DatabaseSeen | undefined,
  { dockerIsDown, before, others, published }: Circumstances,
): Judgement {
  const nothing: Judgement = { problems: [], notes: [], waiting: [] };
  const problem = (text: string): Judgement => ({ ...nothing, problems: [text] });
  const { container } = required;
  if (dockerIsDown || !seen || before.includes(required.name)) return nothing;
  // Docker takes the beginning of another container's id for a name.
  if (seen.container?.name !== container) {
    return seen.hasBackup
      ? problem(
          `the container ${container} of the database ${required.name} is gone; backups of it exist. Deploy the application. [DBK-READY-6]`,
        )
      : { ...nothing, notes: [notYet(required, others)], waiting: [required.name] };
  }
  if (!seen.container.running) {
    return problem(
      `the container ${container} is ${seen.container.status}. Start it: docker start ${container} [DBK-READY-6]`,
    );
  }
  const problems = [
    ...mountProblems(required, seen.container),
    ...portProblems(required, seen.container, published),
  ];
  if (!seen.answer?.ok) {
    const said = errorLine(seen.answer?.text || "no answer");
    problems.push(
      `PostgreSQL in ${container} does not answer as ${required.user} to the database ${required.database} (${said}). ` +
        "Fix that, or correct user and database in the stack configuration. [DBK-READY-8]",
    );
  }
  return { problems, notes: collationNotes(required, seen.answer), waiting: [] };
}

function notYet({ name, container }: DatabaseRequirement, others: readonly string[]): string {
  const meant =
    others.length === 0
      ? ""
      : ` PostgreSQL runs in ${others.join(", ")}: if that is the right one, set databases.${name}.container.`;
  return `the container ${container} does not exist yet: ${name} is not backed up until it does.${meant} [DBK-READY-7]`;
}

/** PostgreSQL warns on every connection, and goes on using indexes whose order may be wrong now. */
function collationNotes({ database, container }: DatabaseRequirement, answer: Answer | null): string[] {
  const collation = answer?.ok ? answer.collation : null;
  if (collation === null || collation.recorded === collation.actual) return [];
  return [
    `the database ${database} was made with version ${collation.recorded} of its collation, and ${container} has ` +
      `version ${collation.actual}: indexes on text may be out of order. In it: REINDEX DATABASE "${database}"; then ` +
      `ALTER DATABASE "${database}" REFRESH COLLATION VERSION. [DBK-READY-11]`,
  ];
}

/** Pulumi's Docker provider cannot compare ports: for a stopped container it reports none. */
function portProblems(
  { name, container }: DatabaseRequirement,
  seen: ContainerSeen,
  published: Circumstances["published"],
): string[] {
  const port = published[name];
  if (port === undefined || seen.published.includes(`127.0.0.1:${port}`)) return [];
  return [
    `the container ${container} does not publish PostgreSQL at 127.0.0.1:${port}; publishing it needs a new container. ` +
      `Back up, then docker rm -f ${container} and pulumi up; the data stays. [DBK-READY-10]`,
  ];
}

/** The data must outlive the container: on a mount that is a directory of the host or a volume with a name. */
function mountProblems(required: DatabaseRequirement, { mounts, dataDirectory }: ContainerSeen): string[] {
  const advice = `Mount ${required.dataDirectory} there and deploy the application again.`;
  const wrong = (text: string) => [
    `the data of ${required.container} (${dataDirectory}) is ${text} [DBK-READY-9]`,
  ];
  const place = persistenceOf(mounts, dataDirectory, required.dataDirectory);
  switch (place.kind) {
    case "inside":
      return wrong(`inside the container and is lost with it. ${advice}`);
    case "anonymous":
      return wrong(`on an anonymous volume, which is lost with the container. ${advice}`);
    case "passing":
      return wrong(`on a mount of type ${place.type}, which is lost with the container. ${advice}`);
    case "elsewhere":
      return wrong(
        `in ${place.path}, not in ${required.dataDirectory}. Correct dataDirectory in the stack configuration.`,
      );
    case "volume":
    case "configured":
      return [];
  }
}

/** psql's own line: a server may print warnings before it refuses. */
const errorLine = (text: string): string =>
  text.split("\n").find((line) => line.startsWith("psql:")) ?? firstLine(text);

/** The first line of what a program said. */
export function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
