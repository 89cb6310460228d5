import { afterAll, beforeAll, expect, it } from "vitest";
import type { Requirements } from "../../../infra/requirements/requirements.ts";
import { shellCommand } from "../../../scripts/contract/quoting.ts";
import { surroundingsArguments, surroundingsFunction } from "../../../scripts/contract/surroundings.ts";
import { ownNotes } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { connectionTo, createOrUpdate, urnOf, withPlugin } from "./bench.ts";

// Problems of a server outside of our own files: file systems, directories, and jobs of others.

const [backups, installation] = ["/root/database_backups", "/opt/database-backups"];
const own = {
  cronTable: "/etc/cron.d/database-backups",
  logRotation: "/etc/logrotate.d/database-backups",
  backupLauncher: "/root/backup_database.sh",
  installation,
};
const requirements: Requirements = {
  commands: [],
  directories: [
    { path: backups, minimumFree: 1000 },
    { path: installation, minimumFree: 1000 },
  ],
  pathSettings: { [backups]: "paths.backups", [installation]: "paths.installation" },
  databases: [],
  executes: ["/root"],
  own,
  log: "/root/backup_database.log",
  runtime: "pinned",
  mails: false,
};

let server: SandboxServer;
beforeAll(async () => {
  // Docker mounts file systems in memory with noexec.
  server = await startServer({ database: "none", fuse: true, tmpfs: { [installation]: "8m" } });
  await server.run(`mkdir ${backups} /srv/share /srv/disk; cp -a /etc /etc.before`);
}, 120_000);
afterAll(() => server?.remove());

interface Facts {
  problems: string[];
  notes: string[];
}

async function look(more: Partial<Requirements> = {}): Promise<Facts> {
  const question = {
    connection: connectionTo(server),
    requirements: { ...requirements, ...more },
    stack: "b/t",
  };
  const facts = await withPlugin((plugin) => plugin.invoke("remotehost:index:getServer", question));
  const { problems, notes } = facts as unknown as Facts;
  return { problems, notes: ownNotes(notes) };
}

it("a noexec file system is a problem if programs are to run from it", async () => {
  expect((await look()).problems).toEqual([]);
  expect((await look({ executes: ["/root", `${installation}/not/there/yet`] })).problems).toEqual([
    expect.stringMatching(/programs in .* cannot run: \/opt\/database-backups is mounted noexec/),
  ]);
});

it.each([
  [
    "/srv/disk",
    "mv database_backups /srv/disk/; ln -s /srv/disk/database_backups .",
    "/srv/disk/database_backups",
  ],
  ["a disk that is not mounted", "rmdir database_backups; ln -s /mnt/none database_backups", "/mnt/none"],
])("a link to %s in place of the backups is a problem that names the setting", async (_, move, target) => {
  await server.run(`cd /root && ${move}`);
  const { problems } = await look();
  await server.run(`rm -rf ${backups} /srv/disk/*; mkdir ${backups}`);
  expect(problems).toEqual([expect.stringContaining(`Set paths.backups to ${target}, or`)]);
});

it("a file system that ignores modes is one problem, and none when it is mounted as the message says", async () => {
  const installed = await server.run(
    "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends bindfs",
  );
  expect(installed.code, installed.stderr).toBe(0);
  const mounted = async (options: string) => {
    await server.run(`chmod 0755 /srv/share; bindfs ${options} /srv/share ${backups}`);
    const { problems } = await look();
    const left = await server.run(`ls -A ${backups}; umount ${backups}`);
    expect(left.stdout).toBe("");
    return problems;
  };
  const [problem, ...others] = await mounted("--chmod-ignore --chown-ignore --perms=0660,ug+X");
  expect(others).toEqual([]);
  expect(problem).toMatch(
    /the file system of \/root\/database_backups \(fuse.*ignores owner and mode.* 660 0:0/,
  );
  const [, advised = ""] = /bindfs: (.*)\)\. \[DBK-READY-13\]$/.exec(problem ?? "") ?? [];
  expect(await mounted(`--chmod-ignore --chown-ignore ${advised}`)).toEqual([]);
}, 180_000);

it("directories in which others may replace root's programs", async () => {
  await server.run("chmod 777 /etc/cron.d; chmod 1777 /etc/logrotate.d; chgrp games /opt; chmod 775 /opt");
  const { problems, notes } = await look();
  await server.run("chmod 755 /etc/cron.d /etc/logrotate.d /opt; chgrp root /opt");
  expect(problems).toEqual([]);
  expect(notes).toEqual([
    expect.stringMatching(/\/etc\/cron\.d is world-writable .*pulumi up fixes it/),
    expect.stringContaining("the group games can write to /opt"),
  ]);
});

it.each([
  ["a link leads to", "mv /etc/cron.d /srv/; chmod 777 /srv/cron.d; ln -s /srv/cron.d /etc/cron.d"],
  [
    "is read-only",
    "chmod 777 /etc/cron.d; mount --bind /etc/cron.d /etc/cron.d; mount -o remount,bind,ro /etc/cron.d",
  ],
])("one that %s stays open, and is one problem", async (_, change) => {
  const changed = await server.run(change);
  const { problems } = await look();
  await server.run(
    "umount /etc/cron.d; if [ -L /etc/cron.d ]; then rm /etc/cron.d; mv /srv/cron.d /etc/; fi; chmod 755 /etc/cron.d",
  );
  expect(changed.code, changed.stderr).toBe(0);
  expect(problems).toEqual([
    expect.stringMatching(
      /\/etc\/cron\.d is world-writable .*chmod o-w \/etc\/cron\.d\. The deployment cannot/,
    ),
  ]);
});

it("one that is read-only by the time of the deployment is named, and nothing is put below it", async () => {
  const open = "/srv/open";
  const directory = { connection: connectionTo(server), path: "/srv/elsewhere", keepsClosed: [open] };
  await server.run(`mkdir -m 777 ${open}; mount --bind ${open} ${open}; mount -o remount,bind,ro ${open}`);
  const failed = withPlugin((plugin) => createOrUpdate(plugin, urnOf("Directory", "directory"), directory));
  await expect(failed).rejects.toThrow(/\/srv\/open is world-writable, and chmod o-w failed/);
  expect(
    (await server.run(`umount ${open}; rm -r ${open} /var/lib/remotehost; ls /srv`)).stdout,
  ).not.toContain("elsewhere");
});

it("other jobs that run the backup or rotate its log, and a disabled cron", async () => {
  const files: Record<string, string> = {
    "/etc/cron.daily/nightly": "#!/bin/sh\n/root/backup_database.sh\n",
    "/etc/cron.daily/harmless": "#!/bin/sh\n# /root/backup_database.sh is run by cron\n",
    "/etc/cron.d/older": "0 3 * * * root bash /srv/old/backup_database.sh\n",
    "/etc/systemd/system/nightly.service": "[Service]\nExecStart=/root/backup_database.sh\n",
    "/etc/logrotate.d/roots": '/var/log/x "/root/*.log" {\n  weekly\n}\n',
    "/etc/logrotate.d/others": "/var/log/*.log\n/root/backup_database.log.1 {\n  weekly\n}\n",
    [own.cronTable]: "0 2 * * * root /root/backup_database.sh\n",
    [own.logRotation]: "/root/backup_database.log {\n}\n",
    "/usr/local/bin/systemctl": "#!/bin/sh\necho disabled\nexit 1\n",
  };
  for (const [path, text] of Object.entries(files)) await server.writeFile(path, text, "0755");
  const crontab = ["0 2 * * * /root/backup_database.sh --quiet", ""];
  await server.run("crontab -u root -", { input: crontab.join("\n") });
  const expected = [
    "cron is disabled",
    "/etc/cron.d/older also mentions the backup program",
    "/etc/cron.daily/nightly also mentions",
    "/etc/systemd/system/nightly.service also mentions",
    "/etc/logrotate.d/roots rotates /root/backup_database.log too",
  ].map((text) => expect.stringContaining(text));
  expect(await look()).toEqual({ problems: [], notes: expected });

  // A line that is not taken over, because the backup is not its first command.
  await server.run("crontab -u root -", {
    input: ["0 4 * * * cd /root && ./backup_database.sh", ""].join("\n"),
  });
  const { notes } = await look();
  expect(notes).toHaveLength(expected.length + 1);
  expect(notes.join("\n")).toContain("/var/spool/cron/crontabs/root also mentions the backup program");

  // The status check finds the same.
  const script = `${surroundingsFunction}\nsurroundings "$@"`;
  const argv = surroundingsArguments({ ...own, log: requirements.log ?? "" });
  const { stdout } = await server.run(shellCommand("sh", "-c", script, "sh", ...argv));
  expect(stdout.match(/^job:/gm)).toHaveLength(4);
  expect(stdout).toContain("rotation:/etc/logrotate.d/roots\n");
});
