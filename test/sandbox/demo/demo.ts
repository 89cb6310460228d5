import { quote } from "../../../scripts/contract/quoting.ts";
import { type Expectation, exits, type Shell, step } from "./step.ts";

/** What the demo changes and brings back: rows that a hurried person deletes. */
const countLessons = `docker exec curriculum_library_api-db psql -U curriculum_library_api -At curriculum_library_api_production -c 'SELECT count(*) FROM lessons'`;
const deleteLessons = `docker exec curriculum_library_api-db psql -U curriculum_library_api curriculum_library_api_production -c 'DELETE FROM lessons WHERE id % 2 = 0'`;

const launcher = "/root/backup_database.sh";
const handEdit = `echo "# edited by hand" >> ${launcher} && chmod 0755 ${launcher}`;

const ssh = (remote: string): string => `ssh -F ssh_config root@sandbox ${quote(remote)}`;

const unchanged: Expectation = ({ code, stdout }) =>
  code !== 0
    ? `exit code ${code} instead of 0`
    : / (created|updated|replaced|deleted)\b/.test(stdout)
      ? "something was changed"
      : null;

/**
 * The main job from an empty server to a mended one, each step as a person would type it. It runs the first backup and
 * the status check by hand, because `pulumi up` does so by itself only where the command plugin can be had.
 * @throws DemoError at the first step that does not do what it should.
 */
export async function runDemo(shell: Shell): Promise<void> {
  const run = (title: string, command: string, expectation: Expectation) =>
    step(shell, title, command, expectation);

  await run("Deploy the backup system", "pulumi up --yes", exits(0));
  await run("The first backup", ssh(launcher), exits(0));
  await run("The status report", ssh("/root/check_database_status.sh"), exits(0));
  const listed = await run("What there is to restore", ssh("ls /root/database_backups"), exits(0, ".sql.gz"));
  const newest = listed.stdout.match(/\S+\.sql\.gz/g)?.at(-1);

  await run(
    "Proof that it restores, in a throw-away container",
    ssh("/root/rehearse_restore.sh"),
    exits(0, "is what was backed up"),
  );

  const before = await run("The data before", ssh(countLessons), exits(0));
  await run("Somebody deletes half of it", ssh(deleteLessons), exits(0, "DELETE"));
  await run("The data now", ssh(countLessons), (result) =>
    result.stdout === before.stdout ? "nothing was deleted" : null,
  );
  await run(
    "Restore the backup",
    ssh(`/root/restore_database.sh /root/database_backups/${newest} --yes`),
    exits(0),
  );
  await run("The data is back", ssh(countLessons), (result) =>
    result.stdout === before.stdout
      ? null
      : `${result.stdout.trim()} rows instead of ${before.stdout.trim()}`,
  );

  await run("Somebody edits a program on the server", ssh(handEdit), exits(0));
  await run(
    "The preview sees it (exit code 7: there are changes)",
    "pulumi preview --diff --expect-no-changes",
    exits(7, "backup-launcher", launcher, "edited by hand", "mode"),
  );
  await run("Put it back", "pulumi up --yes --suppress-outputs", exits(0, "backup-launcher"));
  await run("Nothing is left to do", "pulumi up --yes --expect-no-changes --suppress-outputs", unchanged);
}
