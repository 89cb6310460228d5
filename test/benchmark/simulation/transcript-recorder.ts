import childProcess, { type ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import type { Entry } from "./transcript.ts";

/**
 * Loaded into every Node of a preview (NODE_OPTIONS): where one starts ssh, it writes what crosses it into the file
 * that TRANSCRIPT names, as `transcript.ts` reads it.
 */
const path = process.env.TRANSCRIPT;
const { spawn } = childProcess;

const now = (): number => performance.now() / 1000;

function write(entry: Entry): void {
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(entry)}\n`);
}

function recorded(...argv: Parameters<typeof spawn>): ChildProcess {
  const seconds = now();
  const child = spawn(...argv);
  const { stdin, stdout } = child;
  if (argv[0] !== "ssh" || stdin === null || stdout === null) return child;
  write({ what: "start", seconds, argv: [...(argv[1] ?? [])] });
  const send = stdin.write.bind(stdin);
  const recordedSend = (...words: Parameters<typeof send>) => {
    write({ what: "sent", seconds: now(), bytes: Buffer.from(words[0]).toString("base64") });
    return send(...words);
  };
  Object.assign(stdin, { write: recordedSend });
  stdout.on("data", (bytes: Buffer) =>
    write({ what: "received", seconds: now(), bytes: bytes.toString("base64") }),
  );
  return child;
}

Object.assign(childProcess, { spawn: recorded });
syncBuiltinESMExports();
