import * as z from "zod/mini";
import { cronExpressionProblem } from "../../../../scripts/contract/cron.ts";
import { escapedCommand } from "../../cron-table-text.ts";
import type { Checked, CheckFailure } from "../resource.ts";
import { accountProblem, oneLineProblem, pathProblem, type Rule, show } from "../rules.ts";
import { connectionSchema, failuresOf, ruled } from "../schema.ts";
import type { Properties, Unwrapped } from "../wire.ts";

// cron rejects a line whose command or setting is longer.
const longest = 998;

const cronNameProblem: Rule = (path) => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/^[A-Za-z0-9_-]+$/.test(name)) return null;
  return `cron ignores a file called ${show(name)}: use letters, digits, - and _ only`;
};

const commandProblem: Rule = (text) => {
  if (text.trim() === "") return "the command is empty";
  if (Buffer.byteLength(escapedCommand(text)) > longest)
    return `the command is longer than cron's ${longest} bytes`;
  return null;
};

const settingProblem: Rule = (text) => {
  if (Buffer.byteLength(text) > longest - 100) return `the value is longer than ${longest - 100} bytes`;
  const quoted = text === "" || /^[\s"']|[\s"']$/.test(text);
  return quoted && text.includes('"') && text.includes("'")
    ? `cron cannot read ${show(text)}: a value with both kinds of quotes must not begin or end with one or with a blank`
    : null;
};

export const cronTableInputs = {
  connection: connectionSchema,
  path: ruled(pathProblem, cronNameProblem),
  environment: z.record(
    z
      .string()
      .check(z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "a variable's name has letters, digits and _ only")),
    ruled(oneLineProblem, settingProblem),
  ),
  entries: z.array(
    z.strictObject({
      schedule: ruled(oneLineProblem, cronExpressionProblem),
      user: ruled(accountProblem),
      command: ruled(oneLineProblem, commandProblem),
    }),
  ),
  takesOver: z.array(ruled(oneLineProblem, (text) => (text.trim() === "" ? "the command is empty" : null))),
};

/** The fixed properties of every cron table. A table that deviates shows as a difference in these properties. */
export const everyCronTable = { mode: "0600", owner: "root", group: "root", foreignEntries: [] as string[] };

const schema = z.strictObject(cronTableInputs);

/** The inputs for the state, complete. */
export async function checkCronTable(news: Unwrapped): Promise<Checked> {
  const values: Properties = { environment: {}, takesOver: [], ...news.values };
  const failures: CheckFailure[] = failuresOf(schema, { ...news, values });
  return { inputs: { ...values, ...everyCronTable }, failures };
}
