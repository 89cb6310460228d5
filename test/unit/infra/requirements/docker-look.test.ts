import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { inspectionScript, parseInspection } from "../../../../infra/requirements/inspection.ts";

const script = inspectionScript({
  commands: [],
  directories: [],
  databases: [],
  runtime: "pinned",
  mails: false,
});

/** The output of docker's client without a daemon: the client's half first, then the error. */
const withoutDaemon = `
docker() { echo ok; echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; return 1; }
timeout() { shift; "$@"; }
`;

test("a daemon that does not answer is reported with its client's words", () => {
  const { stdout } = spawnSync("sh", ["-c", `${withoutDaemon}${script}`], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(parseInspection(stdout).dockerProblem).toBe(
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
  );
});
