import type { ContestResult } from "../../benchmark/contest.ts";
import type { Report } from "../../benchmark/report.ts";

export const dumps: ContestResult = {
  title: "Dumps",
  work: "A database is dumped.",
  contestants: [
    {
      name: "pg_dump | gzip",
      note: "verifies nothing",
      samples: [{ seconds: 10, bytes: 2_000_000 }, { seconds: 12.5, bytes: 2_000_000 }, { seconds: 9 }],
    },
    { name: "ours", note: "verifies", samples: [{ seconds: 5, cpuSeconds: 3.14 }] },
  ],
  goals: [
    { what: "ours", wanted: "≥ 1.9 × as fast", found: "2.00 ×", met: true },
    { what: "ours", wanted: "≤ 1 s", found: "5.00 s", met: false },
    { what: "ours", wanted: "≤ 2 s", found: "5.00 s", met: false },
  ],
};

export const reportOf = (benchmarks: Report["benchmarks"], commit = "0123456789ab"): Report => ({
  version: 2,
  date: "2026-11-28T12:34:56.789Z",
  commit,
  machine: {
    processors: 2,
    processor: "AMD EPYC",
    memoryBytes: 25_300_000_000,
    loadBefore: 0.25,
    postgres: 15,
    docker: "20.10.24",
    node: "v24.21.0",
  },
  benchmarks,
});
