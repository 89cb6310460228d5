/** Cron expressions as Debian's cron takes them: what the configuration refuses, no schedule may hold. */
export { cronExpressionProblem } from "../lib/time/cron-schedule.ts";
