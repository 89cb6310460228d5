import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Deployment, prepareDeployment, printed } from "./deployment.ts";
import { partsOf } from "./documents/commands.ts";

/** Going back to hand-made scripts, with the commands of docs/UPGRADING.md. */

const script = "#!/bin/bash\n# Backup script, installed by hand\n";
const reference = "Quick reference, written by hand\n";
const lines = [
  "0 2 * * * /root/backup_database.sh >> /root/backup_database.log 2>&1",
  "0 * * * * /root/check_database_status.sh >/tmp/status 2>&1",
];
const others = ["# the nightly jobs", "30 4 * * 0 /usr/bin/true"];
const backup = "/root/database_backups/curriculum_library_api_20250816_155503.sql.gz";

/** The document's commands on the server after all our files are removed. */
function wayBack(): string {
  const { blocks } = partsOf(readFileSync("docs/UPGRADING.md", "utf8"));
  const commands = blocks.flatMap((block) => block.commands.map(({ text }) => text));
  const found = commands.flatMap(
    (text) => /^ssh \S+ '(?<script>cd [^']*)'$/.exec(text)?.groups?.script ?? [],
  );
  expect(found).toHaveLength(1);
  return found[0] ?? "";
}

let deployment: Deployment;
let sha256 = "";

beforeAll(async () => {
  deployment = await prepareDeployment({});
  const { server, onServer } = deployment;
  await server.writeFile("/root/backup_database.sh", script, "0755");
  await server.writeFile("/root/backup_quick_reference.txt", reference, "0644");
  await server.run("crontab -u root -", { input: `${[others[0], ...lines, others[1]].join("\n")}\n` });
  const dump = `docker exec ${server.container} pg_dump -U ${server.databaseUser} ${server.database} | gzip`;
  await onServer(`mkdir -p /root/database_backups && ${dump} > ${backup}`);
  sha256 = await onServer(`sha256sum ${backup}`);
  await deployment.converge();
  // Later edits are kept too, with the same name and a later time.
  await server.writeFile("/root/backup_database.sh", "#!/bin/sh\n# edited afterwards\n", "0700");
  await deployment.converge();
  printed(await deployment.stack.pulumi(["destroy", "--yes", "--skip-preview"]));
});

afterAll(() => deployment?.remove());

test("the hand-made files and the lines of the crontab are back, and the backups are as they were", async () => {
  const { server, onServer } = deployment;
  await onServer(wayBack());
  expect(await server.readFile("/root/backup_database.sh")).toBe(script);
  expect(await server.readFile("/root/backup_quick_reference.txt")).toBe(reference);
  expect(await onServer("stat -c %a /root/backup_database.sh")).toBe("755\n");
  expect(await onServer("crontab -u root -l")).toBe(`${[...others, ...lines].join("\n")}\n`);
  expect(await onServer(`sha256sum ${backup}`)).toBe(sha256);
});

test("a second time it changes nothing", async () => {
  const { server, onServer } = deployment;
  const seen = "crontab -u root -l; ls -l --time-style=full-iso /root";
  const before = await onServer(seen);
  await server.writeFile("/root/backup_quick_reference.txt", "a newer one\n", "0644");
  await onServer(wayBack());
  expect(await server.readFile("/root/backup_quick_reference.txt")).toBe("a newer one\n");
  expect((await onServer(seen)).split("\n").filter((row) => !row.includes("quick_reference"))).toEqual(
    before.split("\n").filter((row) => !row.includes("quick_reference")),
  );
});
