/**
 * Whether a cron daemon runs on a machine. The deployment asks over ssh, the status check on the server, and both by
 * this.
 */

/**
 * The shell function `cron_daemon`: prints `runs` or `none`, or nothing where that is not to be seen. A daemon in a
 * container, which the host sees too, runs nothing of ours; a zombie still has its name.
 */
export const cronDaemonFunction = `
cron_daemon() {
  space=$(readlink /proc/self/ns/pid) || return
  for name in /proc/[0-9]*/comm; do
    read -r process 2>/dev/null < "$name" || continue
    case $process in cron|crond) ;; *) continue ;; esac
    place=\${name%/comm}
    [ "$(readlink "$place/ns/pid" 2>/dev/null)" = "$space" ] || continue
    if grep -q '^State:[[:space:]]*[^ZX[:space:]]' "$place/status" 2>/dev/null; then echo runs; return; fi
  done
  echo none
}
`;

/** Reads what the function printed; null where it does not say. */
export function cronRunsIn(output: string): boolean | null {
  const said = output.trim();
  return said === "runs" ? true : said === "none" ? false : null;
}
