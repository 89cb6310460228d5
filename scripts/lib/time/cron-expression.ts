/** Reading cron expressions by the rules of Debian's cron (3.0pl1); `crontab -n` accepts whatever passes here. */

/** When a parsed expression matches: values per field, and the two peculiarities of how cron combines them. */
export interface CronExpression {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  daysOfMonth: ReadonlySet<number>;
  /** 1 to 12. */
  months: ReadonlySet<number>;
  /** 0 (Sunday) to 6. */
  daysOfWeek: ReadonlySet<number>;
  /** One of the two day fields begins with `*`: both must match. Otherwise one of them is enough. */
  bothDayFields: boolean;
  /**
   * Minute or hour begins with `*`: the job follows the clock through a time change; others are neither lost nor
   * repeated.
   */
  followsClock: boolean;
}

interface Field {
  name: string;
  low: number;
  high: number;
  names: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] as const;
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const fields = {
  minute: { name: "minute", low: 0, high: 59, names: [] },
  hour: { name: "hour", low: 0, high: 23, names: [] },
  dayOfMonth: { name: "day of month", low: 1, high: 31, names: [] },
  month: { name: "month", low: 1, high: 12, names: months },
  dayOfWeek: { name: "day of week", low: 0, high: 7, names: days },
} as const satisfies Record<string, Field>;

const words: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** The expression is invalid. The message is a phrase with the problem and the valid form. */
export class CronExpressionError extends Error {
  override readonly name = "CronExpressionError";
}

function number(text: string, field: Field, part: string): number {
  const named = field.names.indexOf(text.toLowerCase());
  if (named !== -1) return named + field.low;
  if (!/^\d+$/.test(text)) {
    const names = field.names.length > 0 ? ` or one of ${field.names.join(", ")}` : "";
    throw new CronExpressionError(`"${part}" is no ${field.name}: use ${field.low} to ${field.high}${names}`);
  }
  const value = Number(text);
  if (value >= field.low && value <= field.high) return value;
  throw new CronExpressionError(`the ${field.name} ${text} is not between ${field.low} and ${field.high}`);
}

/** cron itself accepts a step larger than the field and an empty range without an error, and then hardly ever runs. */
function partValues(part: string, field: Field): number[] {
  const [range = "", step, ...rest] = part.split("/");
  if (rest.length > 0) throw new CronExpressionError(`"${part}" has more than one step in the ${field.name}`);
  const bounds = range === "*" ? [] : range.split("-");
  if (bounds.length > 2) throw new CronExpressionError(`"${part}" is not a range of the ${field.name}`);
  const from = range === "*" ? field.low : number(bounds[0] ?? "", field, part);
  if (step === undefined && bounds.length === 1) return [from];
  if (bounds.length === 1) {
    throw new CronExpressionError(
      `the step of "${part}" needs a range or *: for instance ${from}-${field.high}/${step}`,
    );
  }
  const to = range === "*" ? field.high : number(bounds[1] ?? "", field, part);
  if (to < from) throw new CronExpressionError(`the range "${range}" of the ${field.name} runs backwards`);
  const span = field.high - field.low + 1;
  const width = step === undefined ? 1 : /^\d+$/.test(step) ? Number(step) : 0;
  if (width < 1 || width > span) {
    throw new CronExpressionError(`the step of "${part}" is not between 1 and ${span} (${field.name})`);
  }
  return Array.from({ length: Math.floor((to - from) / width) + 1 }, (_, index) => from + index * width);
}

const values = (text: string, field: Field): Set<number> =>
  new Set(text.split(",").flatMap((part) => partValues(part, field)));

/**
 * Parses five fields or a word such as `@daily`.
 * @throws CronExpressionError
 */
export function parseCronExpression(text: string): CronExpression {
  if (/[^\t\x20-\x7e]/.test(text)) throw new CronExpressionError("it must be one line of plain characters");
  const trimmed = text.trim();
  if (trimmed === "@reboot") {
    throw new CronExpressionError(
      "@reboot says nothing about when: a server that stays up would never be backed up",
    );
  }
  if (trimmed.startsWith("@") && words[trimmed] === undefined) {
    throw new CronExpressionError(
      `cron knows no "${trimmed}": use ${Object.keys(words).join(", ")} or five fields`,
    );
  }
  const parts = (words[trimmed] ?? trimmed).split(/[ \t]+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = parts;
  if (parts.length !== 5 || !minute || !hour || !dayOfMonth || !month || !dayOfWeek) {
    const found = trimmed === "" ? "nothing" : `${parts.length}`;
    throw new CronExpressionError(
      `five fields are needed (minute, hour, day of month, month, day of week), found ${found}`,
    );
  }
  return {
    minutes: values(minute, fields.minute),
    hours: values(hour, fields.hour),
    daysOfMonth: values(dayOfMonth, fields.dayOfMonth),
    months: values(month, fields.month),
    daysOfWeek: new Set([...values(dayOfWeek, fields.dayOfWeek)].map((day) => day % 7)),
    bothDayFields: dayOfMonth.startsWith("*") || dayOfWeek.startsWith("*"),
    followsClock: minute.startsWith("*") || hour.startsWith("*"),
  };
}
