import { afterAll, beforeAll, expect, test } from "vitest";
import { printed } from "./deployment.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { entryOf, environment, resourcesOf, traces } from "./servers.ts";

const archives = "/root/database_backups";
let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet([{}, { tmpfs: { [archives]: "8m" } }]);
  const { first, second, stack } = fleet;
  stack.configure({
    ...environment,
    servers: {
      [first.alias]: entryOf(first),
      [second.alias]: entryOf(second, { monitoring: { minimumFreeSpace: "2MiB" } }),
    },
  });
  const { code, text } = await fleet.up();
  expect(code, text).toBe(0);
  printed(await second.run("/root/backup_database.sh"));
});

afterAll(() => fleet?.remove());

const edit = "echo by hand >> /root/backup_quick_reference.txt; rm /root/check_database_status.sh";

test("no cron, no space and no container: every cause is listed, nothing of the server is changed, the other one is mended", async () => {
  const { first, second, stack } = fleet;
  for (const server of [first, second]) printed(await server.run(edit));
  const cron = printed(await second.run("pgrep -x cron")).trim();
  printed(await second.run(`kill ${cron}; dd if=/dev/zero of=${archives}/filling bs=1M count=7 2>/dev/null`));
  await second.removeDatabase();
  const [before, state] = [await traces(second), resourcesOf(await stack.exportState(), second.alias)];

  const seen = await fleet.preview();
  expect(seen.code, seen.text).toBe(7);
  const { code, text } = await fleet.up();
  expect(code, text).toBe(1);
  expect(text).toContain(`the server ${second.alias} is not ready, and nothing on it was changed`);
  for (const cause of [
    "cron is not running",
    /\/root\/database_backups: \d MB free, 2 MB required/,
    `the container ${second.container} of the database curriculum_library_api is gone`,
  ]) {
    expect(text).toMatch(cause);
  }
  expect(await traces(second)).toBe(before);
  // The refresh finds the file missing. It must not be created while the server is not ready.
  const stillThere = state.filter(({ id }) => id !== "/root/check_database_status.sh");
  expect(resourcesOf(await stack.exportState(), second.alias)).toMatchObject(
    stillThere.map(({ urn, id }) => ({ urn, id, delete: false })),
  );
  expect(printed(await first.run("cat /root/check_database_status.sh"))).toContain("exec");

  printed(await second.run(`rm ${archives}/filling; cron`));
  await second.startDatabase();
});

test("a stopped container is a problem too, and once all is mended up finishes the work", async () => {
  const { second } = fleet;
  await second.stopDatabase();
  const before = await traces(second);
  const { code, text } = await fleet.up();
  expect(code, text).toBe(1);
  expect(text).toContain(`the container ${second.container} is exited`);
  expect(await traces(second)).toBe(before);

  await second.startDatabase();
  const mended = await fleet.up();
  expect(mended.code, mended.text).toBe(0);
  expect(printed(await second.run("cat /root/check_database_status.sh"))).toContain("exec");
  const nothing = await fleet.preview();
  expect(nothing.code, nothing.text).toBe(0);
});

/** A docker client that does not answer one question. */
const silentDocker = (docker: string) => `#!/bin/sh
case "$1 $2" in "container inspect") exec sleep 60 ;; esac
exec ${docker} "$@"
`;

test("a container without an answer of Docker does not count as missing", async () => {
  const { second } = fleet;
  const docker = printed(await second.run("command -v docker")).trim();
  expect(docker).not.toMatch(/^.usr.local.bin/);
  await second.writeFile("/usr/local/bin/docker", silentDocker(docker), "0755");
  const { code, text } = await fleet.preview();
  printed(await second.run("rm /usr/local/bin/docker"));
  expect(code, text).toBe(7);
  expect(text).toContain(
    `the Docker daemon does not answer (it says nothing of the container ${second.container})`,
  );
  expect(text).not.toContain("is gone");
});
