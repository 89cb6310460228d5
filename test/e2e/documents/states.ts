import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentedServer } from "./clone.ts";
import { contentOf } from "./outcomes.ts";
import { openScene, type Scene } from "./scene.ts";

/** The part of Kamal's configuration that these tests use. */
const deployFile = `service: curriculum_library_api
accessories:
  db:
    image: postgres:15
    directories:
      - data:/var/lib/postgresql/data
`;

/** The states that a block of commands may need: `<!-- given: NAME -->` before it. */

const ssh = `ssh root@${documentedServer}`;

/** Deployed, with a running application and two different verified backups. */
async function deploy(scene: Scene): Promise<void> {
  await scene.type("pulumi stack init prod && pulumi up --skip-preview");
  await scene.type("kamal app boot");
  const older = await backUp(scene);
  await scene.server.psql("UPDATE lessons SET updated_at = now() WHERE id % 10 = 0");
  // A login whose rights come only from a group, so no dump of the database names it.
  await scene.server.psql("CREATE ROLE auditor LOGIN PASSWORD 'auditor' IN ROLE reporting");
  scene.backups = { older, newest: await backUp(scene), content: await contentOf(scene) };
}

/** @returns the name of the new backup */
async function backUp(scene: Scene): Promise<string> {
  const said = await scene.type(`${ssh} /root/backup_database.sh`);
  const name = /\w+_\d{8}_\d{6}\.sql\.gz/.exec(said)?.[0];
  if (name === undefined) throw new Error(`no name of a backup in:\n${said}`);
  return name;
}

async function deployed(): Promise<Scene> {
  const scene = await openScene();
  await deploy(scene);
  return scene;
}

/** A new machine replaces the server. It has no database, and the clone has the newest backup. */
async function replaced(alias: string): Promise<Scene> {
  const scene = await deployed();
  const stem = scene.backups.newest.replace(/\.sql\.gz$/, "");
  await scene.type(`scp -q 'root@${documentedServer}:/root/database_backups/${stem}.*' ./`);
  await scene.replaceServer(alias, { database: "none" });
  return scene;
}

/** Creates the state and removes the state before. */
export const states: Readonly<Record<string, () => Promise<Scene>>> = {
  deployed,
  "nothing deployed": openScene,
  "hand edit": async () => {
    const scene = await deployed();
    await scene.type(`${ssh} "sed -i 's/^0 2 /0 5 /' /etc/cron.d/database-backups"`);
    return scene;
  },
  "database corrupted": async () => {
    const scene = await deployed();
    await scene.server.psql("DELETE FROM lessons WHERE id % 2 = 0");
    if ((await contentOf(scene)) === scene.backups.content) throw new Error("no row was lost");
    return scene;
  },
  "application's repository": async () => {
    const scene = await deployed();
    mkdirSync(join(scene.directory, "config"));
    writeFileSync(join(scene.directory, "config/deploy.yml"), deployFile);
    return scene;
  },
  "table emptied": async () => {
    const scene = await deployed();
    await scene.server.psql("DELETE FROM lessons");
    return scene;
  },
  "server lost": () => replaced("new-server.com"),
  // A drill does not use the live server, which does not even exist here.
  "spare machine": async () => {
    const scene = await replaced("spare-server.com");
    const { container, dataDirectory } = scene.server;
    const databases = { curriculum_library_api: { container, dataDirectory } };
    const config = { "database-backups:databases": databases, "database-backups:runtime": "system" };
    writeFileSync(join(scene.directory, "Pulumi.drill.yaml"), JSON.stringify({ config }));
    return scene;
  },
  "Pulumi's state lost": async () => {
    const scene = await deployed();
    scene.loseState();
    return scene;
  },
};
