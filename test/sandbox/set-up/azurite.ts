import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { succeed } from "../../../infra/local-machine/command.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { cached } from "./cached.ts";

const version = "3.37.0";
/** What it depends on is what the registry had on that day. */
const day = "2026-11-30";

/** Azure's own substitute of its blob store, one file of JavaScript. Gives its path. */
export async function ensureAzurite(): Promise<string> {
  const directory = await cached(`azurite-${version}`, (made) =>
    step(`Fetching azurite ${version} (some minutes, once)`, "azurite", async (options) => {
      const work = mkdtempSync(join(made, "modules-"));
      const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", `--before=${day}`];
      await succeed(["npm", "install", "--prefix", work, ...flags, `azurite@${version}`], options);
      // Its modules have 360 MB, of which its blob store uses 8.
      await build({
        entryPoints: [join(work, "node_modules", "azurite", "dist", "src", "blob", "main.js")],
        outfile: join(made, "azurite-blob.cjs"),
        ...{ bundle: true, minify: true, platform: "node", external: ["pg-hstore"], logLevel: "silent" },
      });
      rmSync(work, { recursive: true });
    }),
  );
  return join(directory, "azurite-blob.cjs");
}
