import childProcess, { type ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/**
 * Loaded into every Node of a preview (NODE_OPTIONS): where one starts ssh, it writes down how many seconds pass until
 * the server's first word, a line each, into the file that HANDSHAKES names.
 */
const record = process.env.HANDSHAKES;
const { spawn } = childProcess;

function recorded(...argv: Parameters<typeof spawn>): ChildProcess {
  const started = performance.now();
  const child = spawn(...argv);
  if (argv[0] === "ssh" && record !== undefined)
    child.stdout?.once("data", () => appendFileSync(record, `${(performance.now() - started) / 1000}\n`));
  return child;
}

Object.assign(childProcess, { spawn: recorded });
syncBuiltinESMExports();
