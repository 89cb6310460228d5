import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";

/** The content of a program's `--help`. */
export interface ProgramHelp {
  /** The command, as a person types it. */
  name: string;
  options: { name: string; value: string; meaning: string }[];
  exitCodes: number[];
}

/** The source file of each command. */
const programs: Readonly<Record<string, string>> = {
  "backup_database.sh": "scripts/backup_database.ts",
  "check_database_status.sh": "scripts/check_database_status.ts",
  "restore_database.sh": "scripts/restore_database.ts",
  "rehearse_restore.sh": "scripts/rehearse_restore.ts",
  "prune_backups.sh": "scripts/prune_backups.ts",
  "pin_backup.sh": "scripts/pin_backup.ts",
  "copy_backups.sh": "scripts/copy_backups.ts",
  "scripts/deploy_backup_system.sh": "infra/deployment/main.ts",
  "npm run drift --": "infra/drift/main.ts",
  "npm run copies --": "infra/copies/main.ts",
};

const repository = dirname(dirname(import.meta.dirname));

const askAll = (): ProgramHelp[] =>
  Object.entries(programs).map(([name, file]) => {
    const argv = [join(repository, file), "--help"];
    return { name, ...partsOf(execFileSync(process.execPath, argv, { encoding: "utf8" })) };
  });

let known: ProgramHelp[] | null = null;

/** The help of every program. Each program is started once, because its help does not change meanwhile. */
export function programHelps(): ProgramHelp[] {
  known ??= askAll();
  return known;
}

/** The options and exit codes in the text of a help. */
export function partsOf(text: string): Omit<ProgramHelp, "name"> {
  // An indented continuation belongs to the line before it.
  const lines = text.replaceAll(/\n {6,}(?=\S)/g, " ").split("\n");
  const found = lines.flatMap((line) => {
    const groups = /^ {2}--(?<name>[a-z-]+)(?: (?<value>\S.*?))? {2,}(?<meaning>.+)$/.exec(line)?.groups;
    return groups?.name === undefined
      ? []
      : [{ name: groups.name, value: groups.value ?? "", meaning: groups.meaning ?? "" }];
  });
  const codes = text.slice(text.indexOf("Exit codes:")).matchAll(/(?:^ {2}|: |; )(\d+)(?= )/gm);
  return { options: found, exitCodes: [...codes].map(([, code]) => Number(code)) };
}
