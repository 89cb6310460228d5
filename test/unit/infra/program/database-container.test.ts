import { expect, test } from "vitest";
import { stackPlanOf } from "../plans.ts";
import { declareUnderMocks } from "./stack-mocks.ts";

const configuration = (managedContainer?: object) => ({
  servers: { s: { host: "2001:db8::1", user: "deploy", port: 2222 } },
  databases: { library: managedContainer === undefined ? {} : { managedContainer } },
});

const passwords = { "database-backups:databasePasswords": JSON.stringify({ library: "s3cret" }) };

test("a container that Kamal manages is not declared", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf(configuration()));
  expect(registrations.filter(({ type }) => type.includes("docker"))).toEqual([]);
});

test("a managed container is PostgreSQL as the backup expects it, reached over the system's ssh", async () => {
  const { registrations } = await declareUnderMocks(
    stackPlanOf(configuration({ image: "postgres:15", network: "kamal", publishedPort: 5433 })),
    { configuration: passwords, verificationPlugin: async () => true },
  );
  const inputs = (name: string) => registrations.find((one) => one.name === name)?.inputs;
  expect(inputs("s-docker")).toMatchObject({ host: "ssh://deploy@[2001:db8::1]:2222" });
  expect(String(inputs("s-docker")?.sshOpts)).toContain("StrictHostKeyChecking=yes");
  expect(inputs("s-library-image")).toMatchObject({ name: "postgres:15", keepLocally: true });
  expect(inputs("s-library-container")).toMatchObject({
    name: "library-db",
    restart: "unless-stopped",
    envs: [
      "POSTGRES_USER=library",
      "POSTGRES_DB=library_production",
      "PGDATA=/var/lib/postgresql/data",
      "POSTGRES_PASSWORD=s3cret",
    ],
    volumes: [{ hostPath: "/root/library-db/data", containerPath: "/var/lib/postgresql/data" }],
    networksAdvanced: [{ name: "kamal" }],
    ports: [{ internal: 5432, external: 5433, ip: "127.0.0.1" }],
  });
  // The temporary server of the first start does not listen on the network.
  expect(inputs("s-library-container")).toMatchObject({
    healthcheck: { tests: expect.arrayContaining(["pg_isready", "--host=127.0.0.1"]) },
    wait: true,
  });
  // Docker's plugin reports no published ports for a stopped container, and could not create another one.
  expect(registrations.find(({ name }) => name === "s-library-container")?.ignored.sort()).toEqual([
    ...["envs", "healthcheck", "ports", "wait", "waitTimeout"],
  ]);
  const readiness = registrations.find(({ name }) => name === "s-readiness");
  expect(readiness?.dependencies.sort()).toEqual(["s-cron-table", "s-library-container"]);
  expect(readiness?.inputs).toMatchObject({
    requirements: { databases: [{ name: "library" }] },
    managed: ["library"],
    published: { library: 5433 },
  });
  const left = registrations.filter(({ retained }) => retained).map(({ name }) => name);
  expect(left.sort()).toEqual(["s-library-container", "s-library-image", "s-verification"]);
  const verification = registrations.find(({ name }) => name === "s-verification");
  expect(verification?.dependencies).toContain("s-library-container");
});
