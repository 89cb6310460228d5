import { expect, test } from "vitest";
import { readBackLines, runsAMonth } from "../../../../infra/deployment/read-back.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import { server } from "../../scripts/status/observations.ts";
import { copyKey, stores } from "../config/stores.ts";
import { serverPlanOf } from "../plans.ts";

const now = new Date("2026-11-23T12:00:00Z");
const status = judgeServer(server());
const [database] = status.databases;
if (database === undefined) throw new Error("no database was observed");
const large = {
  ...status,
  databases: [
    {
      ...database,
      name: "shop",
      backups: {
        ...database.backups,
        newest: { file: "", takenAt: "", bytes: 100_000_000, verified: true, class: "regular" as const },
      },
    },
  ],
};
const planWith = (more: object, databases: object = { shop: {} }) =>
  serverPlanOf({ servers: { web1: {} }, databases, copyKey, ...more });

test.each([
  ["0 2 * * *", 30],
  ["@hourly", 720],
  ["* * * * *", 43_200],
  ["0 3 * * 1,4", 8],
  ["0 0 1 1 *", 0],
])("%s runs %d times a month", (schedule, runs) => {
  expect(runsAMonth(schedule, now)).toBe(runs);
});

test("each store that is read back has its bytes and requests, and the assumption", () => {
  const plan = planWith({ copies: { objects: stores.s3, box: { ...stores.sftp, verify: "digest" } } });
  expect(readBackLines(plan, large, now)).toEqual([
    "reading back at objects, a month: 3.4 GB, about 690 requests, if backups are as many and as large as now",
  ]);
});

test("without a backup of each database the bytes are unknown", () => {
  const plan = planWith({ copies: { objects: stores.s3 } }, { shop: {}, blog: {} });
  for (const seen of [large, null])
    expect(readBackLines(plan, seen, now)).toEqual([
      "reading back at objects, a month: unknown before the first backup, about 1400 requests, if backups are as many and as large as now",
    ]);
});

test("without stores nothing is said", () => {
  expect(readBackLines(planWith({ copyKey: undefined }), large, now)).toEqual([]);
});
