import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, label } from "../sandbox/docker.ts";
import { type SessionServer, startSessionServer } from "./session-server.ts";

/** The effects of a container's environment, its port and its socket's rules on our programs. */
let server: SessionServer;
const password = "/root/database.password";

beforeAll(async () => {
  server = await startSessionServer();
  const { sandbox } = server;
  await sandbox.psql("CREATE TABLE things AS SELECT generate_series(1, 100) AS n");
  await sandbox.psql("ALTER ROLE CURRENT_USER PASSWORD 'it is \"secret\" $HOME'");
});

afterAll(() => server?.sandbox.remove());

/** Creates the database's container again, with this environment and these arguments of the server. */
async function recreate(environment: string[], words: string[] = []): Promise<void> {
  const { container, number } = server.sandbox;
  const format = "{{.Config.Image}} {{range .Mounts}}{{.Source}}:{{.Destination}}{{end}}";
  const [image = "", mount = ""] = (await docker(["inspect", "--format", format, container])).split(" ");
  await docker(["stop", "--time", "30", container]);
  await docker(["rm", container]);
  await docker([
    // Its label has it removed with its server.
    ...["run", "--detach", "--name", container, "--network", "none", "--label", `${label}=${number}`],
    ...environment.flatMap((variable) => ["--env", variable]),
    ...["--volume", mount, image, "postgres", ...words],
  ]);
  await expect
    .poll(async () => (await server.sandbox.run(`docker logs ${container} 2>&1`)).stdout, { timeout: 60_000 })
    .toContain("ready to accept connections");
}

const foreign = [
  "PGHOST=db.internal",
  "PGHOSTADDR=192.0.2.1",
  "PGUSER=nobody",
  "PGDATABASE=nothing",
  "PGSERVICE=elsewhere",
  "PGSSLMODE=verify-full",
  "PGGSSENCMODE=require",
  "PGREQUIREPEER=nobody",
  "PGTARGETSESSIONATTRS=standby",
  "PGOPTIONS=-c search_path=nowhere -c role=nobody",
  "PG_COLOR=always",
];

test("the container's environment for its application does not redirect our programs", async () => {
  await recreate(foreign);
  const { code, stderr } = await server.backUp();
  expect(`${code} ${stderr}`).toBe("0 ");
  expect((await server.restore(`--yes --quiet ${await server.newest()}`)).stderr).toBe("");
  expect((await server.check()).stdout).toContain("PostgreSQL");
});

test("another port and a socket that wants a password are settings", async () => {
  const { container, databaseUser } = server.sandbox;
  await recreate([], ["-p", "5433"]);
  expect(await server.backUp()).toMatchObject({
    code: 69,
    stderr: expect.stringContaining("no connection to"),
  });
  await server.configure({ port: 5433 });
  expect(await server.backUp()).toMatchObject({ code: 0 });
  const scram =
    "f=$(psql -X -At -p 5433 -U $1 -d template1 -c 'SHOW hba_file') && sed -i 's/^local.*/local all all scram-sha-256/' $f";
  await docker(["exec", container, "sh", "-c", `${scram} && kill -HUP 1`, "sh", databaseUser]);
  await expect.poll(async () => (await server.backUp()).code, { timeout: 60_000, interval: 2_000 }).toBe(69);
  await server.configure({ port: 5433, passwordFile: password });
  for (const [content, mode, says] of [
    [null, "", "no such file"],
    ["", "0600", "is not one line"],
    ["secret\n", "0640", "is open to others"],
  ] as const) {
    if (content !== null) await server.sandbox.writeFile(password, content, mode);
    expect(await server.backUp()).toMatchObject({ code: 78, stderr: expect.stringContaining(says) });
  }
  await server.sandbox.writeFile(password, 'it is "secret" $HOME\n', "0600");
  expect(await server.backUp()).toMatchObject({ code: 0 });
  expect((await server.restore(`--yes --quiet ${await server.newest()}`)).stderr).toBe("");
  expect(await server.rehearse()).toMatchObject({ code: 0 });
});
