import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { docker, label, removeContainers } from "../sandbox/docker.ts";
import { type StallingServer, startStallingServer } from "./stalled-rehearsal.ts";

let server: StallingServer;

beforeAll(async () => {
  server = await startStallingServer();
});
afterAll(() => server?.remove());
afterEach(() => server.configure({}));

const leavingFree = (minimumFreeBytes: number) =>
  server.configure({ monitoring: { ...server.settings.monitoring, minimumFreeBytes } });

async function nothingIsLeft(): Promise<void> {
  expect(await server.containers()).toEqual([]);
  expect(await server.databases()).toEqual([server.sandbox.database]);
  expect(await server.hidden()).toEqual([]);
  expect((await server.sandbox.run("ls /root/database_backups/*.rehearsal.json")).code).not.toBe(0);
}

test("when less than the minimum would stay free it does not begin", async () => {
  await leavingFree(1e15);
  const result = await server.rehearse(server.archive);
  expect(result.stdout).toMatch(
    /rehearsal skipped: not enough space .* free, 1000 TB needed .* monitoring\.minimumFreeSpace must stay free/,
  );
  expect(result.code).toBe(73);
  await nothingIsLeft();
});

test("a rehearsal that needs more space than estimated is ended", async () => {
  await leavingFree(0);
  const { ended } = await server.stalled();
  const [container = ""] = await server.containers();
  await docker(["exec", "--user", "postgres", container, "fallocate", "-l", "2G", "/rehearsal/more"]);
  const result = await ended;
  expect(result.stdout).toMatch(
    /rehearsal skipped: it was stopped: it uses .* [MG]B, more than the .* [MG]B set aside for it/,
  );
  expect(result.code).toBe(73);
  await nothingIsLeft();
});

/** A container of the live one's image without some commands. A rehearsal does not need it to run. */
async function withoutCommands(commands: readonly string[]): Promise<{ container: string; image: string }> {
  const base = await docker(["container", "inspect", "--format", "{{.Image}}", server.sandbox.container]);
  const container = `${server.sandbox.container}-bare`;
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
  await docker([...argv, "-c", `rm $(command -v ${commands.join(" ")})`]);
  const image = await docker(["commit", container]);
  await removeContainers([container]);
  await docker(["create", "--name", container, "--label", `${label}=${server.sandbox.number}`, image]);
  return { container, image };
}

// Without both commands the free space is the server's own view of Docker's volume.
test.each([[["df", "du"]], [["df", "stat", "du"]]])("an image without %s is rehearsed", async (commands) => {
  const { container, image } = await withoutCommands(commands);
  try {
    const databases = server.settings.databases.map((database) => ({ ...database, container }));
    await server.configure({ databases });
    const result = await server.rehearse(server.archive);
    expect(result.stdout + result.stderr).toMatch(/is what was backed up/);
    expect(result.code).toBe(0);
    expect(await server.containers()).toEqual([]);
  } finally {
    await removeContainers([container]);
    await docker(["rmi", "--force", image]);
    await server.sandbox.run("rm -f /root/database_backups/*.rehearsal.json");
  }
});
