import type { ServerPlan } from "../config/plan.ts";

/** logrotate's text for the programs' log: a quarter of a year, readable by root alone. */
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
