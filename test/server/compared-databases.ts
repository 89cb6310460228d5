import { basename } from "node:path";
import { expect } from "vitest";
import type { Manifest } from "../../scripts/contract/manifest.ts";
import { manifestText } from "../../scripts/lib/store/manifest.ts";
import { commandOf } from "./programs.ts";
import type { RehearsalServer } from "./rehearsal-server.ts";

/** Databases whose backups are rehearsed and restored, and changes of their manifests. */

/** Creates a database with this content and makes it the only configured one. @returns a function that queries it */
export async function containing(
  server: RehearsalServer,
  name: string,
  sql: string,
): Promise<(sql: string) => Promise<string>> {
  const { sandbox, settings, configure } = server;
  await sandbox.psql(`CREATE DATABASE ${name}`, "template1");
  await sandbox.psql(sql, name);
  await configure({
    databases: settings.databases.map((database) => ({ ...database, name, database: name })),
  });
  return (question) => sandbox.psql(question, name);
}

/** Restores a backup without a question. */
export async function restore(server: RehearsalServer, archive: string): Promise<void> {
  const { sandbox } = server;
  const restored = await sandbox.run(`${commandOf(sandbox, "restore_database")} --yes ${archive} </dev/null`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
}

/** Rehearses a backup. The result must be equal. */
export async function rehearse(server: RehearsalServer, archive: string): Promise<void> {
  const rehearsed = await server.rehearse(archive);
  expect(rehearsed).toMatchObject({ code: 0, stderr: "" });
  expect(await server.record(archive)).toMatchObject({ result: "equal", compared: "full", differences: [] });
}

export async function manifestOf(server: RehearsalServer, archive: string): Promise<Manifest> {
  return JSON.parse(await server.sandbox.readFile(archive.replace(".sql.gz", ".json")));
}

type Held = NonNullable<Manifest["content"]>;

/** Replaces the manifest of a backup. */
export async function rewrite(
  server: RehearsalServer,
  archive: string,
  change: (was: Manifest) => Partial<Manifest>,
): Promise<void> {
  const { manifestSha256: _, ...was } = (await manifestOf(server, archive)) as Manifest & {
    manifestSha256: string;
  };
  const manifest = { ...was, ...change(was) };
  await server.sandbox.writeFile(archive.replace(".sql.gz", ".json"), manifestText(manifest), "0600");
}

/** Replaces the content in the manifest of a backup. */
export const rewriteContent = (
  server: RehearsalServer,
  archive: string,
  change: (was: Held) => Partial<Held>,
): Promise<void> =>
  rewrite(server, archive, ({ content }) => {
    if (content === null) throw new Error(`the manifest of ${basename(archive)} does not have the content`);
    return { content: { ...content, ...change(content) } };
  });
