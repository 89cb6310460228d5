import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import { propertiesQuery } from "../../../scripts/lib/postgres/properties.ts";
import { contentQuery } from "../../server/version-server.ts";
import type { Scene } from "./scene.ts";

/** Conditions that must hold after a block of commands: `<!-- then: NAME -->` after it. */

const schemas = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1";

const roles = `
  SELECT rolname, rolcanlogin, rolpassword, ARRAY(
    SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid ORDER BY 1)
  FROM pg_authid r WHERE rolname !~ '^pg_' ORDER BY 1`;

/** Everything that a restore must bring back, independent of the order of rows and of the version. */
export async function contentOf({ server }: Scene): Promise<string> {
  const held = [await server.psql(contentQuery), await server.psql(schemas), await server.psql(roles)];
  return [...held, await server.psql(propertiesQuery(server.database), "template1")].join("\n");
}

const applicationWait = 30_000;

/** The application reconnects a second after it was cut off, to the database with the name at that time. */
async function expectApplication({ server }: Scene): Promise<void> {
  const clients = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'application'";
  const connected = `${clients} AND datname = current_database()`;
  for (const begin = Date.now(); Date.now() - begin < applicationWait; await setTimeout(500))
    if ((await server.psql(connected)) !== "0") return;
  expect(await server.psql(connected), "connections of the application").not.toBe("0");
}

async function expectHealthy({ server }: Scene): Promise<void> {
  const { stdout } = await server.run("/root/check_database_status.sh --json");
  const { verdict, summary } = JSON.parse(stdout);
  expect({ verdict, summary }).toMatchObject({ verdict: "healthy" });
}

async function expectContent(scene: Scene): Promise<void> {
  expect(scene.backups.content).not.toBe("");
  expect(await contentOf(scene)).toBe(scene.backups.content);
}

export const outcomes: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "the newest backup's data": expectContent,
  "as in the newest backup": async (scene) => {
    await expectContent(scene);
    await expectApplication(scene);
    await expectHealthy(scene);
  },
  healthy: expectHealthy,
};
