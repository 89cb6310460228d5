import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type Deployment, prepareDeployment, printed } from "./deployment.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { entryOf, environment } from "./servers.ts";

const backupFiles = "find /root/database_backups -name '*.sql.gz'";

function hasPlugin(directory: string): boolean {
  try {
    accessSync(join(directory, "pulumi-resource-command"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Locks a table that only a dump needs, so pre-flight gets its answers. @returns the release */
function lockLessons(server: SandboxServer): () => Promise<void> {
  const ended = server.psql("BEGIN; LOCK TABLE lessons; SELECT pg_sleep(600)").catch(() => "ended");
  return async () => {
    await server.psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
    );
    await ended;
  };
}

const path = (process.env.PATH ?? "").split(delimiter);
const settings = { runtime: "system", verification: true };

let deployment: Deployment;

beforeAll(async () => {
  deployment = await prepareDeployment({}, settings);
  await deployment.server.removeDatabase();
});

afterAll(() => deployment?.remove());

describe("without the command plugin", () => {
  test("up warns, says how to get the plugin, and leaves the verification out", async () => {
    const { stack } = deployment;
    const searched = (stack.environment.PATH ?? "").split(delimiter);
    const without = searched.filter((directory) => !hasPlugin(directory)).join(delimiter);
    const text = printed(await stack.pulumi(["up", "--yes", "--skip-preview"], { PATH: without }));
    expect(text).toMatch(/warning: The deployment is not verified/);
    expect(text).toContain("pulumi plugin install resource command");
    expect(await stack.exportState()).not.toContain("-verification");
    expect(text).toMatch(/notes\s*: \[\s*\[0\]: ".*does not exist yet/);
  });
});

// The plugin comes from Pulumi's own host, not from a package registry, so not every machine can get it.
if (path.some(hasPlugin)) {
  describe("with the command plugin", () => {
    test("it passes with a note while there is no container", async () => {
      const before = await deployment.server.logins();
      expect(await deployment.up()).toContain(
        `note: there is no container ${deployment.server.container} yet`,
      );
      expect((await deployment.server.logins()) - before, "preview, update and verification").toBe(3);
      expect(await deployment.onServer(backupFiles)).toBe("");
    });

    test("a deployment that does not work fails the update with the report", async () => {
      await deployment.server.startDatabase();
      const release = lockLessons(deployment.server);
      deployment.reconfigure({ backups: { timeouts: { lockWait: "1s" } } });
      const { code, stdout, stderr } = await deployment.stack.pulumi(["up", "--yes", "--skip-preview"]);
      await release();
      const text = `${stdout}${stderr}`;
      expect(code, text).not.toBe(0);
      expect(text).toMatch(/backup failed: a table stayed locked/);
      expect(await deployment.onServer(backupFiles)).toBe("");
    });

    test("the next up verifies again, by a first backup", async () => {
      expect(await deployment.converge()).toContain("is backed up");
      expect(await deployment.onServer(backupFiles)).toContain(".sql.gz");
    });

    test("nothing changed is not verified again", async () => {
      await deployment.converge("--expect-no-changes");
      expect((await deployment.onServer(backupFiles)).trim().split("\n").length).toBe(1);
    });
  });

  describe("two new servers, of which the first cannot be backed up", () => {
    let fleet: Fleet;

    beforeAll(async () => {
      fleet = await startFleet([{ database: "full" }, {}]);
      const { first, second, stack } = fleet;
      stack.configure({
        ...environment,
        verification: true,
        backups: { timeouts: { lockWait: "1s" } },
        servers: { [first.alias]: entryOf(first), [second.alias]: entryOf(second) },
      });
    });

    afterAll(() => fleet?.remove());

    test("the failed verification of one server does not interrupt the other's deployment", async () => {
      const { first, second } = fleet;
      const release = lockLessons(first);
      const { code, text } = await fleet.up("--skip-preview");
      await release();
      expect(code, text).not.toBe(0);
      expect(text).toMatch(/backup failed: a table stayed locked/);
      expect(printed(await second.run("ls /etc/cron.d"))).toContain("database-backups");
    });

    test("--target of one server verifies it, without new resources of the other", async () => {
      const { first, second, stack } = fleet;
      printed(await stack.pulumi(["destroy", "--yes", "--skip-preview"]));
      const targets = [`**::${second.alias}`, `**::${second.alias}-*`].flatMap((one) => ["--target", one]);
      const { code, text } = await fleet.up(...targets);
      expect(code, text).toBe(0);
      expect(text).toContain("is backed up");
      expect(printed(await first.run("ls /root"))).not.toContain("backup_database.sh");
    });
  });
}
