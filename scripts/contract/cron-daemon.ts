/**
 * Whether a cron daemon runs on a machine. The deployment checks it over ssh, the status check on the server; both use
 * this module.
 */

/**
 * The shell function `cron_daemon`: prints `runs` or `none`, or nothing if unknown. A daemon in a container, which is
 * visible on the host too, does not run our jobs. A zombie still has its name.
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

/** Parses the function's output; null if unknown. */
export function cronRunsIn(output: string): boolean | null {
  const said = output.trim();
  return said === "runs" ? true : said === "none" ? false : null;
}
