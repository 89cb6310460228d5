import { defineConfig } from "vitest/config";
import { full, testFiles } from "./test/faults/extent.ts";
import { LongFirst } from "./test/long-first.ts";
import { workers } from "./test/tiers.ts";

/** Tests that drive real servers wait for seconds at a time: for containers, sshd, cron, the Pulumi CLI. */
const real = {
  globalSetup: ["test/sandbox/global-set-up.ts"],
  testTimeout: 240_000,
  hookTimeout: 240_000,
};

export default defineConfig({
  test: {
    maxWorkers: workers,
    sequence: { sequencer: LongFirst },
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "provider", include: ["test/provider/**/*.test.ts"], ...real } },
      { test: { name: "server", include: ["test/server/**/*.test.ts"], ...real } },
      {
        test: {
          name: "faults",
          include: testFiles(process.argv.slice(2)),
          ...real,
          globalSetup: [...real.globalSetup, "test/faults/global-set-up.ts"],
          testTimeout: full ? 10 * 3_600_000 : real.testTimeout,
        },
      },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...real } },
      {
        test: {
          name: "stores",
          include: ["test/stores/**/*.test.ts"],
          ...real,
          globalSetup: ["test/sandbox/stores/global-set-up.ts"],
        },
      },
      { test: { name: "pipeline", include: ["test/pipeline/**/*.test.ts"], ...real } },
    ],
  },
});
