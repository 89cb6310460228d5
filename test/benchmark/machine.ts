import { cpus, loadavg, totalmem } from "node:os";
import { succeed } from "../../infra/local-machine/command.ts";
import { repository } from "../../infra/local-machine/places.ts";
import { docker } from "../sandbox/docker.ts";
import { usualVersion } from "../sandbox/postgres-version.ts";
import type { Machine } from "./report.ts";

/** The machine of the measurements. */
export async function machineFacts(): Promise<Machine> {
  return {
    processors: cpus().length,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryBytes: totalmem(),
    loadBefore: loadavg()[0] ?? Number.NaN,
    postgres: usualVersion(),
    docker: await docker(["version", "--format", "{{.Server.Version}}"]),
    node: process.version,
  };
}

/** The checkout's commit, with `changed` if files differ from it. */
export async function checkoutState(): Promise<string> {
  const git = (...argv: string[]) => succeed(["git", "-C", repository, ...argv]);
  const commit = await git("rev-parse", "--short=12", "HEAD");
  return (await git("status", "--porcelain")) === "" ? commit : `${commit}, changed`;
}
