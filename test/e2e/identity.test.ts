import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { createStack } from "../sandbox/stack.ts";
import { printed } from "./deployment.ts";
import { type Fleet, type Outcome, startFleet } from "./fleet.ts";
import { entryOf, environment, traces } from "./servers.ts";
import { aliasFor } from "./ssh-alias.ts";

let fleet: Fleet;

/** Configures the stack with these servers by key. */
const declare = (servers: Record<string, Record<string, unknown>>, more: Record<string, unknown> = {}) =>
  fleet.stack.configure({ ...environment, servers, ...more });

beforeAll(async () => {
  fleet = await startFleet([{}, {}]);
  declare({ library: entryOf(fleet.first), spare: entryOf(fleet.second) });
  succeeded(await fleet.up());
});

afterAll(() => fleet?.remove());

function succeeded({ code, text }: Outcome): string {
  expect(code, text).toBe(0);
  return text;
}

function refused({ code, text }: Outcome): string {
  expect(code, text).not.toBe(0);
  return text;
}

/** The files of a server without the provider's records, which name the owner. */
const files = async (server: SandboxServer) =>
  (await traces(server)).replaceAll(/^.*\/var\/lib\/remotehost.*\n/gm, "");

test("a renamed key: no file is touched, and then nothing is left to do", async () => {
  const { first, second } = fleet;
  const before = await files(first);
  declare({ books: entryOf(first, { formerly: "library" }), spare: entryOf(second) });
  const text = succeeded(await fleet.up());
  // The settings and the quick reference name the server. Everything else only has another resource name.
  expect(text).not.toMatch(/\b(created|replaced|deleted)\b/);
  const changed = difference(before, await files(first));
  expect(changed.filter((path) => !/config\.json|quick_reference/.test(path))).toEqual([]);
  succeeded(await fleet.preview());
  declare({ books: entryOf(first), spare: entryOf(second) });
  succeeded(await fleet.preview());
});

test("a changed address: an update that touches no file", async () => {
  const { first, second } = fleet;
  const before = await files(first);
  declare({
    books: entryOf(first, { ...aliasFor(first, "other"), port: first.port }),
    spare: entryOf(second),
  });
  const text = succeeded(await fleet.up());
  expect(text).not.toMatch(/\b(created|replaced|deleted)\b/);
  const changed = difference(before, await files(first));
  expect(changed.filter((path) => !/quick_reference/.test(path))).toEqual([]);
  succeeded(await fleet.preview());
});

test("two keys that lead to one machine are refused, both by name", async () => {
  const { first, second } = fleet;
  const [before, other] = [await traces(first), await traces(second)];
  declare({
    books: entryOf(first),
    twin: entryOf(first, { ...aliasFor(first, "other") }),
    spare: entryOf(second),
  });
  const text = refused(await fleet.up());
  expect(text).toMatch(/the server twin is the same machine as books/);
  expect(text).toMatch(/the server books is the same machine as twin/);
  expect([await traces(first), await traces(second)]).toEqual([before, other]);
});

test("the state is lost: an empty one of the same name takes the server over, and no file is touched", async () => {
  const { first } = fleet;
  const before = await files(first);
  const servers = { books: entryOf(first) };
  const stack = await createStack({ servers: [], configuration: { ...environment, servers } });
  try {
    const { code, stdout, stderr } = await stack.pulumi(["up", "--yes"]);
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(difference(before, await files(first))).toEqual([]);
    const preview = await stack.pulumi(["preview", "--expect-no-changes"]);
    expect(preview.code, preview.stdout).toBe(0);
  } finally {
    stack.remove();
  }
});

test("a second stack on the machine is refused, and told whose it is", async () => {
  const { first } = fleet;
  const before = await traces(first);
  const servers = { mine: entryOf(first) };
  const stack = await createStack({ name: "other", servers: [], configuration: { ...environment, servers } });
  try {
    const { code, stdout, stderr } = await stack.pulumi(["up", "--yes"]);
    expect(code, stdout).not.toBe(0);
    expect(`${stdout}${stderr}`).toMatch(
      /belongs to the stack database-backups\/sandbox, not to database-backups\/other/,
    );
  } finally {
    stack.remove();
  }
  expect(await traces(first)).toBe(before);
});

test("two files that swap their paths", async () => {
  const { first, second } = fleet;
  const swapped = {
    backupLauncher: "/root/check_database_status.sh",
    statusLauncher: "/root/backup_database.sh",
  };
  declare({ books: entryOf(first, { paths: swapped }), spare: entryOf(second) });
  succeeded(await fleet.up());
  expect(printed(await first.run("cat /root/backup_database.sh"))).toContain("/check_database_status-");
  expect(printed(await first.run("cat /root/check_database_status.sh"))).toContain("/backup_database-");
  succeeded(await fleet.preview());
});

/** The paths that only one of two listings has in this form. */
function difference(before: string, after: string): string[] {
  const [old, young] = [before.split("\n"), after.split("\n")];
  const lines = [
    ...old.filter((line) => !young.includes(line)),
    ...young.filter((line) => !old.includes(line)),
  ];
  return [...new Set(lines.map((line) => line.split(" ")[0] ?? ""))];
}
