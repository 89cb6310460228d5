import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { directoryFunctions, directoryProblems, trialOf } from "../../infra/requirements/directory-look.ts";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { liveDatabaseIsOneOf, lookBefore, nothingIsLeft, statusSaysWhy } from "./invariants.ts";
import { bulk, lasting } from "./middle.ts";
import { backupsAreIntact, type Fault, survive } from "./survival.ts";
import { tally } from "./tally.ts";

/** Backups on a share that ignores modes and can vanish. It is bindfs over a directory. */

let server: FaultServer;
const share = "/srv/share";
const mountPoint = "/root/database_backups";
const options = "--force-user=root --force-group=root --chmod-ignore --chown-ignore";
const rootsAlone = `${options} --perms=0600,u+X`;
const everybodys = `${options} --perms=0666,a+X`;

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", states: [bulk], settings: lasting, fuse: true });
  await succeed(
    server.sandbox,
    `{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends bindfs; } >/dev/null 2>&1
    mv ${mountPoint} ${share} && mkdir -m 0700 ${mountPoint}
    echo '${share} ${mountPoint} fuse.bindfs nofail 0 0' >/etc/fstab`,
  );
  await mount(rootsAlone);
});
afterAll(() => server?.remove());
afterEach(() => mount(rootsAlone));

/** Mounts the share again in any state. */
async function mount(how: string): Promise<void> {
  await succeed(
    server.sandbox,
    `umount --lazy ${mountPoint} 2>/dev/null; rm -rf ${mountPoint}/* ${mountPoint}/.[!.]*; bindfs ${how} ${share} ${mountPoint}`,
  );
}

const below = async () => (await succeed(server.sandbox, `ls -A ${mountPoint}`)).trim();

/** Does this to the share as soon as the dump's file exists. */
const inTheMiddle = (act: string) => async () =>
  server.sandbox.run(
    `cd /; ${server.command("backup_database")} </dev/null & pid=$!
    until ls -A ${share} | grep -q partial; do kill -0 $pid || exit 99; sleep 0.01; done
    ${act}; wait $pid`,
  );

const faults: Fault[] = [
  {
    fault: "a share of /etc/fstab that is not mounted, at a backup",
    happen: async () => {
      await succeed(server.sandbox, `umount ${mountPoint}`);
      const result = await server.run("backup_database");
      expect(await below()).toBe("");
      await statusSaysWhy(server, /stands in \/etc\/fstab and is not mounted: no backup can run/);
      return result;
    },
    code: 1,
    says: /stands in \/etc\/fstab and is not mounted/,
    mend: () => mount(rootsAlone),
    mendFirst: true,
  },
  {
    fault: "a share unmounted in the middle of a backup",
    happen: async () => {
      const result = await inTheMiddle(`umount --lazy ${mountPoint}`)();
      expect(await below()).toBe("");
      return result;
    },
    code: 1,
    says: /backup failed: /,
    mend: () => mount(rootsAlone),
    mendFirst: true,
  },
  {
    fault: "a share whose server goes away in the middle of a backup",
    happen: inTheMiddle("kill -9 $(pidof bindfs)"),
    says: /backup failed: .*(not connected|ENOTCONN|input\/output error|EIO|software caused|ECONNABORTED)/i,
    mend: () => mount(rootsAlone),
    mendFirst: true,
  },
  {
    fault: "a share that becomes read-only in the middle of a backup",
    // This works while no file is open for writing: between the dump and the renames.
    happen: inTheMiddle(
      `until mount -o remount,ro,bind ${mountPoint} 2>/dev/null; do kill -0 $pid || break; done`,
    ),
    says: /backup failed: .*read-only file system/i,
    mend: () => mount(rootsAlone),
    mendFirst: true,
  },
];

test.each(chosen("shares", faults, 2))("$fault", (fault) => survive(server, fault));

test("a share that ignores modes: the deployment names the option, and with it all is root's alone", async () => {
  const look = async () => {
    const said = await succeed(
      server.sandbox,
      `say() { [ "$1" != trial ] || cat; }\n${directoryFunctions}\nlook_at_directory ${mountPoint}`,
    );
    return directoryProblems({ path: mountPoint, minimumFree: 0 }, { freeBytes: 1, trial: trialOf(said) });
  };
  await mount(everybodys);
  expect(await look()).toEqual([
    expect.stringMatching(/ignores owner and mode: .* 666 0:0.*bindfs: --force-user=root/),
  ]);
  const before = await lookBefore(server);
  for (const how of [everybodys, rootsAlone]) {
    await mount(how);
    const backup = await server.run("backup_database");
    expect(backup.stderr).toBe("");
    expect(backup.code, backup.stdout).toBe(0);
  }
  expect(await look()).toEqual([]);
  await liveDatabaseIsOneOf(server, [before.live]);
  await nothingIsLeft(server, before);
  await backupsAreIntact(server);
  await server.reset();
  tally("a share that ignores modes, at a deployment and at a backup", 1, [
    "works",
    "names",
    "older",
    "live",
    "left",
  ]);
});
