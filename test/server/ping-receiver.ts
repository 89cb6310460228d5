import type { SandboxServer } from "../sandbox/sandbox-server.ts";

/** A received report. */
export interface ReceivedPing {
  method: string;
  /** `/start`, `/fail`, or nothing for a success. */
  event: string;
  rid: string | null;
  body: string;
}

/** The receiver's behaviour for a report, the first part of an address's path. */
export type Behaviour =
  | "ok"
  | "broken"
  | "broken-once"
  | "silent"
  | "half"
  | "redirect"
  | "missing"
  | "unknown";

/** The secret part of every address. It must not appear anywhere else. */
export const secret = "7d1c9f0e-correct-horse-battery";

export interface PingReceiver {
  port: number;
  /** The reports since the last call. */
  received(): Promise<ReceivedPing[]>;
}

const record = "/tmp/pings";
const portFile = "/tmp/pings-port";

// Runs in the sandbox server, like the programs that report to it.
const source = `
const { appendFileSync, renameSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
require("node:dgram").createSocket("udp4").bind(53, "127.0.0.1"); // a name server that never answers
const seen = new Set();
createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => { body += chunk; });
  request.on("end", () => {
    const url = new URL(request.url, "http://x");
    appendFileSync("${record}", JSON.stringify({ method: request.method, path: url.pathname, rid: url.searchParams.get("rid"), body }) + "\\n");
    const again = seen.has(request.url);
    seen.add(request.url);
    const answer = (status, text, headers = {}) => response.writeHead(status, headers).end(text);
    switch (url.pathname.split("/")[1]) {
      case "ok": return answer(200, "OK");
      case "broken": return answer(500, "no");
      case "broken-once": return again ? answer(200, "OK") : answer(503, "no");
      case "half": return response.writeHead(200, { "content-length": 1000 }).write("OK");
      case "redirect": return answer(302, "", { location: "/ok/${secret}" });
      case "missing": return answer(404, "no such check");
      case "unknown": return answer(200, "OK (not found)");
    }
  });
}).listen(0, "127.0.0.1", function () {
  writeFileSync("${portFile}.new", String(this.address().port));
  renameSync("${portFile}.new", "${portFile}");
});
`;

/** Starts a real HTTP server in a sandbox server, on a given port. */
export async function startPingReceiver(sandbox: SandboxServer): Promise<PingReceiver> {
  await sandbox.writeFile("/opt/test/receiver.cjs", source);
  const { stdout, stderr } = await sandbox.run(
    `setsid ${sandbox.node} /opt/test/receiver.cjs >/tmp/receiver.log 2>&1 &
    until [ -e ${portFile} ] || [ -s /tmp/receiver.log ]; do sleep 0.05; done; cat ${portFile} || cat /tmp/receiver.log >&2`,
  );
  if (stderr !== "") throw new Error(stderr);
  return {
    port: Number(stdout),
    received: async () => {
      const lines = (await sandbox.run(`touch ${record}; mv ${record} ${record}.read; cat ${record}.read`))
        .stdout;
      return lines
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
          const { method, path, rid, body } = JSON.parse(line);
          return { method, event: path.slice(path.indexOf(secret) + secret.length), rid, body };
        });
    },
  };
}
