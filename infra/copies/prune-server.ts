import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PruneReport } from "../../scripts/contract/prune-report.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { StorePlan } from "../config/store-plan.ts";
import { serverSettings } from "../server-files/server-settings.ts";
import { storeSecretsText, storeSettings } from "../server-files/stores.ts";

/** What a run for one server needs. */
export interface PruneOrder {
  plan: ServerPlan;
  /** Its stores, with the keys that may delete. */
  stores: readonly StorePlan[];
  /** `PROJECT/STACK`. */
  id: string;
  /** The built program copy_backups, and the Node that runs it. */
  program: string;
  node: string;
  rclone: string;
  dryRun: boolean;
  signal: AbortSignal;
}

/** The stores of one server, as the program reports them. */
export type PrunedStores = PruneReport["stores"];

/**
 * Runs the servers' own program on this machine for the stores of one server. Settings and keys lie in a directory that
 * only the caller can enter, and that is gone at the end.
 * @throws Error if the program could not run or printed no result
 */
export async function pruneServer(order: PruneOrder): Promise<PrunedStores> {
  const directory = mkdtempSync(join(tmpdir(), "copies-"));
  try {
    const settings = layDown(directory, order);
    const words = ["--prune", ...(order.dryRun ? ["--dry-run"] : []), "--json", "--settings", settings];
    const { stderr, stdout } = await run(order, words);
    return storesIn(stdout) ?? fail(stderr);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Writes what the program reads, and gives the path of its settings. */
function layDown(directory: string, { id, plan, rclone, stores }: PruneOrder): string {
  const at = (name: string) => join(directory, name);
  const write = (name: string, text: string): string => {
    writeFileSync(at(name), text, { mode: 0o600 });
    return at(name);
  };
  const deployed = serverSettings(plan, { stack: id, programsVersion: "" });
  mkdirSync(at("backups"), { mode: 0o700 });
  const settings = {
    ...deployed,
    paths: { ...deployed.paths, backups: at("backups"), locks: at("locks"), log: at("log") },
    copies: {
      rclone,
      keyFile: write("copy-key", `${plan.copyKey ?? ""}\n`),
      stores: stores.map((store) => ({
        ...storeSettings(plan, store),
        secretsFile: write(`store-${store.name}.json`, storeSecretsText(store)),
        // The key is another one here.
        deletes: "server",
      })),
    },
  };
  return write("settings.json", JSON.stringify(settings));
}

interface Ended {
  stdout: string;
  stderr: string;
}

/** The program ends by itself at a signal, between two removals: it is not killed. */
function run({ node, program, signal }: PruneOrder, words: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [program, ...words], {
      env: { PATH: process.env.PATH, LANG: process.env.LANG },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err]: Buffer[][] = [[], []];
    child.stdout.on("data", (piece: Buffer) => out?.push(piece));
    child.stderr.on("data", (piece: Buffer) => err?.push(piece));
    const end = () => child.kill("SIGTERM");
    signal.addEventListener("abort", end, { once: true });
    child.on("error", reject);
    child.on("close", () => {
      signal.removeEventListener("abort", end);
      resolve({ stdout: Buffer.concat(out ?? []).toString(), stderr: Buffer.concat(err ?? []).toString() });
    });
  });
}

function storesIn(text: string): PrunedStores | null {
  try {
    return PruneReport.parse(JSON.parse(text)).stores;
  } catch {
    return null;
  }
}

function fail(stderr: string): never {
  const said = stderr.trim().split("\n").at(-1) ?? "";
  throw new Error(`copy_backups gave no result: ${said === "" ? "it printed nothing" : said} [DBK-COPY-16]`);
}
