"use strict";
// Loaded by Pulumi's language host before anything else (nodeargs in Pulumi.yaml), with whatever `node` is first on
// PATH: one that is too old hands the whole run over to the project's own.

const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { nodeProblem } = require("./node-version.cjs");

const own = join(__dirname, "..", "..", "node_modules", "node", "bin", "node");

if (nodeProblem !== null && existsSync(own)) {
  const { status } = spawnSync(own, process.execArgv.concat(process.argv.slice(1)), { stdio: "inherit" });
  process.exit(status === null ? 1 : status);
}
