import { afterAll, beforeAll, expect, test } from "vitest";
import { initialEnvironment, startDatabase } from "../sandbox/database.ts";
import { docker, label, removeContainers } from "../sandbox/docker.ts";
import { placesOf, usualVersion } from "../sandbox/postgres-version.ts";
import { backups, type RehearsalServer, startRehearsalServer } from "./rehearsal-server.ts";

/** Images whose PostgreSQL runs as another user than postgres, or has its socket in another directory. */

let server: RehearsalServer;
let base: string;

beforeAll(async () => {
  server = await startRehearsalServer();
  base = await docker(["container", "inspect", "--format", "{{.Image}}", server.sandbox.container]);
  await server.sandbox.stopDatabase();
  await server.sandbox.removeDatabase();
});
afterAll(() => server?.remove());

/** An image based on the live one's, with the user postgres renamed to pgrunner, uid 1001, and more changes. */
async function imageFor(user: string, lines: readonly string[]): Promise<string> {
  const container = `${server.sandbox.container}-renamed`;
  const argv = [
    "run",
    "--label",
    `${label}=${server.sandbox.number}`,
    "--name",
    container,
    "--entrypoint",
    "sh",
    base,
  ];
  await docker([
    ...argv,
    "-c",
    "usermod -l pgrunner postgres && usermod -u 1001 pgrunner && mkdir -m 1777 /sockets",
  ]);
  try {
    const program = ['ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["postgres"]', `USER ${user}`, ...lines];
    return await docker(["commit", ...program.flatMap((line) => ["--change", line]), container]);
  } finally {
    await removeContainers([container]);
  }
}

const elsewhere = ["ENV PGHOST=/sockets", 'CMD ["postgres", "-c", "unix_socket_directories=/sockets"]'];
const users: readonly [string, string, string[]][] = [
  ["of another name and number", "1001", []],
  ["that the image does not know", "1000650000:0", []],
  ["and whose image says where its socket is", "1001", elsewhere],
];
test.each(users)("a container that runs as a user %s", async (_, user, lines) => {
  const { sandbox } = server;
  const { container, dataDirectory } = sandbox;
  const image = await imageFor(user, lines);
  try {
    const mount = `${dataDirectory}:/data`;
    const own = ["run", "--rm", "--user", "0", "--volume", mount, "--entrypoint", "chown", base];
    await docker([...own, "-R", user, "/data"]);
    const described = {
      container,
      image,
      dataDirectory,
      number: server.sandbox.number,
      environment: initialEnvironment,
    };
    await startDatabase({ ...described, mount: placesOf(usualVersion()).mount });
    const archive = await server.backUp();
    const result = await server.rehearse();
    expect(result.stderr).toBe("");
    expect(result.code).toBe(0);
    expect(await server.record(archive)).toMatchObject({ result: "equal", compared: "full" });
    // Without the live server the container's configuration names the user.
    await sandbox.stopDatabase();
    expect((await server.rehearse()).code).toBe(0);
    expect(await server.containers()).toEqual([]);
  } finally {
    await sandbox.removeDatabase();
    await docker(["rmi", "--force", image]);
    await sandbox.run(`rm -f ${backups}/*`);
  }
});
