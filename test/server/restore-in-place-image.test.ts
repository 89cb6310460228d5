import { afterAll, beforeAll, expect, test } from "vitest";
import { initialEnvironment, startDatabase, waitForDatabase } from "../sandbox/database.ts";
import { docker, label, removeContainers } from "../sandbox/docker.ts";
import { placesOf, usualVersion } from "../sandbox/postgres-version.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

/** A server whose container runs while its image is gone. No trial is possible there. */

let server: RestoreServer;
let archive: string;

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  const { sandbox } = server;
  const { container, dataDirectory, number } = sandbox;
  const base = await docker(["container", "inspect", "--format", "{{.Image}}", container]);
  await sandbox.stopDatabase();
  await sandbox.removeDatabase();
  // The other sandboxes need their image.
  const copied = `${container}-copied`;
  await docker(["create", "--name", copied, "--label", `${label}=${number}`, base]);
  const image = await docker(["commit", "--change", "LABEL of=nobody-else", copied]);
  await removeContainers([copied]);
  const { mount } = placesOf(usualVersion());
  await startDatabase({ container, image, dataDirectory, mount, number, environment: initialEnvironment });
  await sandbox.psql("create table wares as select generate_series(1, 9) as id");
  archive = await server.backUp();
  // Docker does not remove the image of a running container.
  await docker(["stop", "--time", "30", container]);
  await docker(["rmi", "--force", image]);
  await docker(["start", container]);
  await waitForDatabase(container);
  await sandbox.psql("insert into wares values (10)");
});

afterAll(() => server?.remove());

test("a restore in place is refused before anything is dropped, with the way by hand", async () => {
  const before = await server.hash();
  for (const words of ["--dry-run", "--yes"]) {
    const refused = await server.restore(`${words} --in-place ${archive}`);
    expect(`${refused.stdout}${refused.stderr}`).toMatch(
      /no backup can be restored on trial here, so \S+ is not dropped: the image of container \S+, sha256:\w+, is no longer on this server; .*"In place, by hand".* \[DBK-INPLACE-2\]/,
    );
    expect(refused.code).toBe(69);
  }
  expect(await server.hash()).toBe(before);
  expect(await server.databases()).toEqual([server.sandbox.database]);
});

test("one beside the live database is possible all the same", async () => {
  expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await server.sandbox.psql("select count(*) from wares")).toBe("9");
});
