import { shellCommand, shellWord } from "../../../scripts/contract/quoting.ts";
import type { DesiredState } from "./desired-state.ts";

/** One hand's work on a server, done as root there. */
export interface Tampering {
  what: string;
  command: string;
}

/** One of each kind; wherever the tool keeps cron entries, the line goes and what marks it stays. */
export function tamperingsOf({ directories, files, cron }: DesiredState): Tampering[] {
  const text = firstOf(files, ({ path }) => path.endsWith(".txt"));
  const launcher = firstOf(files, ({ mode }) => mode === "0700");
  const other = firstOf(files, ({ mode, path }) => mode === "0700" && path !== launcher.path);
  const directory = firstOf(directories, () => true);
  const line = `${firstOf(cron.entries, () => true).command.split(" ")[0]} `;
  const without = `grep -vF ${shellWord(line)}`;
  return [
    { what: "changed file content", command: `echo '# by hand' >> ${shellWord(text.path)}` },
    { what: "changed file mode", command: shellCommand("chmod", "0755", launcher.path) },
    {
      what: "removed cron line",
      command: `table=${shellWord(cron.path)}
if [ -e "$table" ]; then lines=$(${without} "$table"); printf '%s\\n' "$lines" > "$table"; fi
if lines=$(crontab -l 2>/dev/null); then printf '%s\\n' "$lines" | ${without} | crontab -; fi`,
    },
    { what: "changed directory mode", command: shellCommand("chmod", "0755", directory.path) },
    { what: "deleted file", command: shellCommand("rm", other.path) },
  ];
}

function firstOf<T>(all: readonly T[], isRight: (one: T) => boolean): T {
  const found = all.find(isRight);
  if (found === undefined) throw new Error("the desired state has nothing of that kind");
  return found;
}
