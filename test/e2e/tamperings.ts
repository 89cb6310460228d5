/** A change by hand on the server, and the preview's expected text about it. */
export interface Tampering {
  what: string;
  /** The resource's name without the server's key. */
  resource: string;
  path: string;
  command: string;
  operation: "update" | "create";
  /** Parts of the preview's lines about the resource. */
  shown: string[];
}

export const programs = "/opt/database-backups/programs";
/** The text that is written by hand into files that must then be kept. */
export const keptBody = "kept by hand";

/** Changes of different resources or properties, so that one preview can show all. */
export const changes: Tampering[] = [
  {
    what: "content of a plain file",
    resource: "quick-reference",
    path: "/root/backup_quick_reference.txt",
    command: `echo '${keptBody}' >> /root/backup_quick_reference.txt`,
    operation: "update",
    shown: ["content", `- ${keptBody}`],
  },
  {
    what: "content of a program",
    resource: "backup-program",
    path: `${programs}/backup_database-`,
    command: `for file in ${programs}/backup_database-*; do echo '// ${keptBody}' >> "$file"; done`,
    operation: "update",
    shown: ["sha256"],
  },
  {
    what: "mode of a file",
    resource: "backup-launcher",
    path: "/root/backup_database.sh",
    command: "chmod 0755 /root/backup_database.sh",
    operation: "update",
    shown: ['mode: "0755" => "0700"'],
  },
  {
    what: "owner of a file",
    resource: "settings",
    path: "/opt/database-backups/config.json",
    command: "chown nobody /opt/database-backups/config.json",
    operation: "update",
    shown: ['owner: "nobody" => "root"'],
  },
  {
    what: "deleted file",
    resource: "status-launcher",
    path: "/root/check_database_status.sh",
    command: "rm /root/check_database_status.sh",
    operation: "create",
    shown: ["content"],
  },
  {
    what: "directory in place of a file",
    resource: "log-rotation",
    path: "/etc/logrotate.d/database-backups",
    command: `cd /etc/logrotate.d && rm database-backups && mkdir database-backups && echo '${keptBody}' > database-backups/note`,
    operation: "update",
    shown: ['obstacle: "a directory"'],
  },
  {
    what: "symbolic link in place of a file",
    resource: "restore-launcher",
    path: "/root/restore_database.sh",
    command: "ln -sf /bin/true /root/restore_database.sh",
    operation: "update",
    shown: ['obstacle: "a symbolic link to /bin/true"'],
  },
  {
    what: "mode of a directory",
    resource: "backups",
    path: "/root/database_backups",
    command: "chmod 0755 /root/database_backups",
    operation: "update",
    shown: ['mode: "0755" => "0700"'],
  },
  {
    what: "directories in which everybody may replace what root runs",
    resource: "installation",
    path: "/opt/database-backups",
    command: "chmod o+w /opt /etc/cron.d",
    operation: "update",
    shown: ["openDirectories", "/opt (mode 0757)", "/etc/cron.d (mode 0757)"],
  },
  {
    what: "edited cron table",
    resource: "cron-table",
    path: "/etc/cron.d/database-backups",
    command: "sed -i 's/^0 2 /5 2 /' /etc/cron.d/database-backups",
    operation: "update",
    shown: ["entries", 'schedule: "5 2 * * *" => "0 2 * * *"'],
  },
  {
    what: "line in root's crontab that runs the backup twice",
    resource: "cron-table",
    path: "/etc/cron.d/database-backups",
    command:
      "printf '5 5 * * * /usr/bin/true\\n0 3 * * * /root/backup_database.sh --quiet\\n' | crontab -u root -",
    operation: "update",
    shown: ["foreignEntries", "0 3 * * * /root/backup_database.sh --quiet"],
  },
  {
    what: "a second name of the cron table, for which cron ignores it",
    resource: "cron-table",
    path: "/etc/cron.d/database-backups",
    command: "ln -f /etc/cron.d/database-backups /root/x",
    operation: "update",
    shown: ["links"],
  },
];

/** Removals, and changes that are best seen alone. */
export const removals: Tampering[] = [
  {
    what: "removed cron table",
    resource: "cron-table",
    path: "/etc/cron.d/database-backups",
    command: "rm /etc/cron.d/database-backups",
    operation: "create",
    shown: ["entries"],
  },
  {
    what: "removed directory",
    resource: "programs",
    path: programs,
    command: `rm -r ${programs}`,
    operation: "create",
    shown: ['mode      : "0700"'],
  },
  {
    what: "owner of a directory",
    resource: "backups",
    path: "/root/database_backups",
    command: "chown nobody /root/database_backups",
    operation: "update",
    shown: ['owner: "nobody" => "root"'],
  },
];
