import { expect, test } from "vitest";
import { type Greeting, greet } from "../../../../../../infra/remotehost/provider/ssh/greeting.ts";

const none = Buffer.alloc(0);
const after = (...lines: string[]) =>
  lines.reduce<Greeting>(
    (greeting, line) => greet(greeting, { words: line.split(" "), stdout: none, stderr: none }),
    {
      stage: "connecting",
    },
  );

test.each([
  { lines: [], greeting: { stage: "connecting" } },
  { lines: ["login 0 root"], greeting: { stage: "logged-in", user: "root", root: true } },
  { lines: ["login 1000 deploy"], greeting: { stage: "logged-in", user: "deploy", root: false } },
  { lines: ["ready x86_64 6.1.0 abc"], greeting: { stage: "connecting" } },
  {
    lines: ["login 1000 deploy", "ready aarch64 6.1.0 abc"],
    greeting: {
      stage: "ready",
      machine: { id: "abc", user: "deploy", architecture: "aarch64", kernel: "6.1.0" },
    },
  },
  {
    lines: ["login 0 root", "ready x86_64 6.1.0"],
    greeting: {
      stage: "ready",
      machine: { id: "", user: "root", architecture: "x86_64", kernel: "6.1.0" },
    },
  },
  {
    lines: ["login 0 root", "ready x86_64 6.1.0 - 1-2 pid:[3]"],
    greeting: {
      stage: "ready",
      machine: { id: "", user: "root", architecture: "x86_64", kernel: "6.1.0", boot: "1-2 pid:[3]" },
    },
  },
  {
    lines: ["login 0 root", "ready x86_64 6.1.0 abc - -"],
    greeting: {
      stage: "ready",
      machine: { id: "abc", user: "root", architecture: "x86_64", kernel: "6.1.0" },
    },
  },
])("after $lines", ({ lines, greeting }) => {
  expect(after(...lines)).toEqual(greeting);
});
