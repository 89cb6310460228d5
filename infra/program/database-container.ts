import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { usualDataDirectory } from "../../scripts/contract/persistence.ts";
import type { DatabasePlan, ServerPlan } from "../config/plan.ts";
import type { ManagedContainer } from "../config/schema.ts";
import { sshArguments } from "../remotehost/connection.ts";

/**
 * The opt-in database container, for stacks that Kamal does not manage. Unlike everything else, Docker's plugin
 * cannot work around a server that is down: with such containers every server of the stack must be up. No run removes
 * a container: leaving it out, `remove`, `forget` and `destroy` all let it run on.
 */

/**
 * The health check, which Docker runs for ever. The image trusts the loopback address, so pg_isready is logged in: into a
 * database that is not the application's, where no event trigger of the application's takes it for a visitor.
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

/** Until PostgreSQL answers for the first time, its data directory initialised. */
const startSeconds = 180;

/**
 * What would take another container, and must not: none can be made while a person has not removed the present one.
 * A container that an earlier version made keeps the health check that it has, or has none. The environment counts for
 * the first start alone, a changed password too. Of a container that is stopped Docker's plugin says that it publishes
 * no port: Readiness compares those.
 */
const leftAlone = ["healthcheck", "wait", "waitTimeout", "envs", "ports"];

type ManagedDatabase = DatabasePlan & { managedContainer: ManagedContainer };

export const managedDatabases = ({ databases }: ServerPlan): ManagedDatabase[] =>
  databases.filter((database): database is ManagedDatabase => database.managedContainer !== null);

/** Docker's address of a server; what the address cannot say is given to ssh as options. */
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
  // A renamed server's container is the same one: a second of its name could not be made.
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
          // Secret as a whole: Docker's plugin gives a set back, in which the secret one is no longer known by its place.
          envs: passwords.apply((all) => [
            `POSTGRES_USER=${user}`,
            `POSTGRES_DB=${database}`,
            // Images from PostgreSQL 18 on moved their default, and the data must stay where the backup expects it.
            `PGDATA=${usualDataDirectory}`,
            `POSTGRES_PASSWORD=${all[name] ?? ""}`,
          ]),
          volumes: [{ hostPath: dataDirectory, containerPath: usualDataDirectory }],
          ...(network !== undefined && { networksAdvanced: [{ name: network }] }),
          ...(publishedPort !== undefined && {
            ports: [{ internal: 5432, external: publishedPort, ip: "127.0.0.1" }],
          }),
        },
        // Only a person ever removes it; to replace it too: then its name is free, and so is its data directory.
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
