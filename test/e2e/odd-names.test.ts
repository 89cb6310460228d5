import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { createStack, type SandboxStack } from "../sandbox/stack.ts";
import { printed } from "./deployment.ts";
import { entryOf, environment, startServers } from "./servers.ts";

let server: SandboxServer;
let stack: SandboxStack;

beforeAll(async () => {
  const [one] = await startServers({});
  if (!one) throw new Error("a server was to be started");
  server = one;
  stack = await createStack({ servers: [] });
});

afterAll(async () => {
  stack?.remove();
  await server?.remove();
});

test("names that are only odd work: spaces, percent signs and a shell's signs in a database and a role", async () => {
  const [database, user] = ["odd; (touch canary) & | > * é", "odd user & (role)"];
  await server.psql(`create database "${database}"; create role "${user}" superuser login`);
  await server.psql("create table figures as select generate_series(1, 100) as figure", database);
  const paths = {
    backups: "/root/back ups, 100% ~of@them",
    installation: "/opt/data base-backups",
    log: "/var/log/back ups 100%.log",
    backupLauncher: "/root/back up, now.sh",
  };
  const { container, dataDirectory } = server;
  stack.configure({
    ...environment,
    paths,
    servers: {
      [server.alias]: entryOf(server, {
        databases: { curriculum_library_api: { container, dataDirectory, database, user } },
      }),
    },
  });
  const { code, stdout, stderr } = await stack.pulumi(["up", "--yes"]);
  expect(code, `${stdout}${stderr}`).toBe(0);
  // As in a line of cron, where a bare % ends the command.
  const table = printed(await server.run("cat /etc/cron.d/database-backups"));
  const line = table.split("\n").find((one) => one.includes("back up, now.sh")) ?? "";
  expect(line).not.toMatch(/(?<!\\)%/);
  const command = line.replace(/^(\S+ ){6}/, "").replaceAll("\\%", "%");
  const ran = await server.run("env -i SHELL=/bin/sh HOME=/root PATH=/usr/bin:/bin sh", { input: command });
  expect(ran.code, `${ran.stderr}${await server.readFile(paths.log)}`).toBe(0);
  expect(printed(await server.run(`gunzip -c '${paths.backups}'/*.sql.gz`))).toContain(
    "CREATE TABLE public.figures",
  );
  const after = await stack.pulumi(["preview", "--expect-no-changes"]);
  expect(after.code, after.stdout).toBe(0);
  expect((await server.run("find / -xdev -name canary")).stdout).toBe("");
});
