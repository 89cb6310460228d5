/** Cron expressions as Debian's cron takes them: what the configuration refuses, no schedule may hold. */
export { cronExpressionProblem, nextRun } from "../lib/time/cron-schedule.ts";
