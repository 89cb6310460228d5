import { expect, test } from "vitest";
import { unmountedOnTheWay } from "../../../../scripts/lib/system/mounts.ts";

const mounted = (...points: string[]) =>
  ["/", ...points]
    .map((point, index) => `${20 + index} 1 8:1 / ${point} rw,relatime shared:1 - ext4 /dev/sda1 rw\n`)
    .join("");
const fstab = `# <file system> <mount point> <type> <options>
UUID=1 / ext4 errors=remount-ro 0 1
//box/backup /mnt/share cifs uid=0,nofail,_netdev 0 0
/dev/sdb1\t/mnt/two\\040words/ ext4 noauto 0 2
UUID=2 none swap sw 0 0
`;

test.each([
  ["/root/database_backups", mounted(), null],
  ["/mnt/share/backups", mounted("/mnt/share"), null],
  ["/mnt/share/backups", mounted(), "/mnt/share"],
  ["/mnt/share", mounted("/mnt"), "/mnt/share"],
  ["/mnt/shared/backups", mounted(), null],
  ["/mnt/two words/backups", mounted(), "/mnt/two words"],
  ["/mnt/two words/backups", mounted("/mnt/two\\040words"), null],
])("%s: what /etc/fstab would mount and nobody has", (path, mountinfo, missing) => {
  expect(unmountedOnTheWay(path, fstab, mountinfo, (same) => same)).toBe(missing);
});

test("a mount point that is a link is mounted where it leads to", () => {
  const real = (path: string) => path.replace("/mnt/share", "/srv/box");
  expect(unmountedOnTheWay("/mnt/share/backups", fstab, mounted("/srv/box"), real)).toBeNull();
  expect(unmountedOnTheWay("/mnt/share/backups", fstab, mounted("/srv"), real)).toBe("/mnt/share");
});
