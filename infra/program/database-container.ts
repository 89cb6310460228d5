import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { usualDataDirectory } from "../../scripts/contract/persistence.ts";
import type { DatabasePlan, ServerPlan } from "../config/plan.ts";
import type { ManagedContainer } from "../config/schema.ts";
import { sshArguments } from "../remotehost/connection.ts";

/**
 * The opt-in database container, for stacks that Kamal does not manage. Docker's plugin cannot work around a server
 * that is down: with such containers every server of the stack must be up. No run removes a container: after leaving it
 * out, `remove`, `forget` or `destroy` it runs on.
 */

/**
 * The health check, which Docker runs for ever. The image trusts the loopback address, so pg_isready can log in. It
 * uses a database other than the application's, so that no login event trigger of the application fires.
 */
export const healthTest = (user: string, database: string): string[] => [
  "CMD",
  "pg_isready",
  "--quiet",
  // While PostgreSQL initialises the directory, only a temporary server answers, on the socket.
  "--host=127.0.0.1",
  `--username=${user}`,
  `--dbname=${database === "postgres" ? "template1" : "postgres"}`,
];

/** The time until PostgreSQL first answers, after it has initialised its data directory. */
const startSeconds = 180;

/**
 * Properties whose change would need a new container, and must not cause one: it cannot be created until a person has
 * removed the present one. A container of an earlier version keeps its health check, or has none. The environment, also
 * a changed password, counts only for the first start. For a stopped container Docker's plugin reports no published
 * ports, so Readiness compares those.
 */
const leftAlone = ["healthcheck", "wait", "waitTimeout", "envs", "ports"];

type ManagedDatabase = DatabasePlan & { managedContainer: ManagedContainer };

export const managedDatabases = ({ databases }: ServerPlan): ManagedDatabase[] =>
  databases.filter((database): database is ManagedDatabase => database.managedContainer !== null);

/** Docker's address of a server. Settings that the address cannot express are passed to ssh as options. */
function dockerHost({ connection }: ServerPlan): docker.ProviderArgs {
  const { host, user, port } = connection;
  const name = host.includes(":") ? `[${host}]` : host;
  const login = `${user === undefined ? "" : `${user}@`}${name}${port === undefined ? "" : `:${port}`}`;
  return { host: `ssh://${login}`, sshOpts: sshArguments(connection).slice(0, -2) };
}

/**
 * Declares the containers of a server's managed databases.
 * @param passwords secret: PostgreSQL's first password by the database's key
 */
export async function declareDatabaseContainers(
  plan: ServerPlan,
  passwords: pulumi.Output<Record<string, string>>,
): Promise<pulumi.Resource[]> {
  const { Container, Provider, RemoteImage } = await import("@pulumi/docker");
  // A renamed server keeps its container: a second one of the same name could not be created.
  const known = (purpose: string): pulumi.CustomResourceOptions =>
    plan.formerly === null ? {} : { aliases: [{ name: `${plan.formerly}-${purpose}` }] };
  const provider = new Provider(`${plan.key}-docker`, dockerHost(plan), known("docker"));
  return managedDatabases(plan).map(
    ({ name, container, database, user, dataDirectory, managedContainer }) => {
      const { image, restart, network, publishedPort } = managedContainer;
      const pulled = new RemoteImage(
        `${plan.key}-${name}-image`,
        { name: image, keepLocally: true },
        { ...known(`${name}-image`), provider, retainOnDelete: true },
      );
      return new Container(
        `${plan.key}-${name}-container`,
        {
          name: container,
          image: pulled.imageId,
          restart,
          healthcheck: {
            tests: healthTest(user, database),
            interval: "10s",
            timeout: "5s",
            startPeriod: "120s",
            retries: 5,
          },
          wait: true,
          waitTimeout: startSeconds,
          // Secret as a whole: Docker's plugin returns a set, in which the secret element cannot be found by its
          // position.
          envs: passwords.apply((all) => [
            `POSTGRES_USER=${user}`,
            `POSTGRES_DB=${database}`,
            // Images since PostgreSQL 18 have another default directory, and the data must stay where the backup
            // expects it.
            `PGDATA=${usualDataDirectory}`,
            `POSTGRES_PASSWORD=${all[name] ?? ""}`,
          ]),
          volumes: [{ hostPath: dataDirectory, containerPath: usualDataDirectory }],
          ...(network !== undefined && { networksAdvanced: [{ name: network }] }),
          ...(publishedPort !== undefined && {
            ports: [{ internal: 5432, external: publishedPort, ip: "127.0.0.1" }],
          }),
        },
        // Only a person may remove it, also to replace it: then its name and its data directory are free.
        {
          ...known(`${name}-container`),
          provider,
          retainOnDelete: true,
          deleteBeforeReplace: false,
          ignoreChanges: leftAlone,
        },
      );
    },
  );
}
