import type { ServerPlan } from "../config/plan.ts";

/** The logrotate configuration of the programs' log: three months, readable by root only. */
export function logRotationText({ paths }: ServerPlan): string {
  return `# Written by pulumi up; an edit here is undone by the next one.
"${paths.log}" {
    weekly
    rotate 13
    missingok
    notifempty
    compress
    delaycompress
    create 0600 root root
    su root root
}
`;
}
