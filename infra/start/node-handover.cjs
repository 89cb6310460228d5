"use strict";
// Pulumi's language host loads this first (nodeargs in Pulumi.yaml), with the first `node` on PATH. If that one is too
// old, the project's own Node runs the program.

const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { nodeProblem } = require("./node-version.cjs");

const own = join(__dirname, "..", "..", "node_modules", "node", "bin", "node");

if (nodeProblem !== null && existsSync(own)) {
  const { status } = spawnSync(own, process.execArgv.concat(process.argv.slice(1)), { stdio: "inherit" });
  process.exit(status === null ? 1 : status);
}
