import { describe, expect, test } from "vitest";
import { MessageDecoder, requestFrames } from "../../../infra/remotehost/provider/ssh/frame.ts";
import { remoteLoop } from "../../../infra/remotehost/provider/ssh/remote-loop.ts";
import { contentsIn, withManyServers } from "../../benchmark/simulation/many-servers.ts";
import type { Recording } from "../../benchmark/simulation/recording.ts";
import { renamed, renamedAnswer, renamedRecording, renameOf } from "../../benchmark/simulation/rename.ts";
import { ReplayedSession } from "../../benchmark/simulation/replay.ts";
import { RequestDecoder } from "../../benchmark/simulation/request-decoder.ts";
import { cpuSecondsIn } from "../../benchmark/simulation/simulation.ts";
import { type Entry, recordingOf } from "../../benchmark/simulation/transcript.ts";

const marker = `remotehost-${"0af".repeat(8)}`;
const { command, programs } = remoteLoop(marker);

const recording: Recording = {
  machine: { id: "m", user: "root", architecture: "x86_64", kernel: "6.1" },
  ...{ loginSeconds: 0.2, readySeconds: 0.1 },
  answers: [
    { script: "look", code: 0, stdout: "seen\n", stderr: "", seconds: 0.5 },
    { script: "fail", code: 3, stdout: "", stderr: "no such thing\n", seconds: 0.05 },
  ],
};

async function framed(script: string, input?: Buffer): Promise<Buffer> {
  const frames: Buffer[] = [];
  for await (const frame of requestFrames(script, input)) frames.push(frame);
  return Buffer.concat(frames);
}

/** A session whose time passes only when `pass` says so. */
function replayed() {
  const due: { at: number; act: () => void }[] = [];
  let now = 0;
  const written: Buffer[] = [];
  const session = new ReplayedSession(recording, {
    after: (seconds, act) => due.push({ at: now + seconds, act }),
  });
  const decoder = new MessageDecoder(marker);
  return {
    session,
    start: (line = command) => session.start(line, (bytes) => written.push(bytes)),
    pass: (seconds: number) => {
      const end = now + seconds;
      for (let next = due.findIndex(({ at }) => at <= end + 1e-9); next !== -1; ) {
        const [event] = due.splice(next, 1);
        now = event?.at ?? now;
        event?.act();
        next = due.findIndex(({ at }) => at <= end + 1e-9);
      }
      now = end;
    },
    heard: () =>
      decoder.push(Buffer.concat(written.splice(0))).map(({ words, stdout, stderr }) => ({
        words: words.join(" "),
        said: stdout.toString() + stderr.toString(),
      })),
  };
}

describe("a replayed session", () => {
  test("greets and answers as late as the real server did", async () => {
    const { session, start, pass, heard } = replayed();
    start();
    session.push(Buffer.from(programs.slice(0, 60)));
    session.push(Buffer.from(programs.slice(60)));
    pass(0.19);
    expect(heard()).toEqual([]);
    pass(0.01);
    expect(heard()).toEqual([{ words: "login 0 root", said: "" }]);
    pass(0.1);
    expect(heard()).toEqual([{ words: "ready x86_64 6.1 m", said: "" }]);
    session.push(await framed("look"));
    pass(0.49);
    expect(heard()).toEqual([]);
    pass(0.01);
    expect(heard()).toEqual([{ words: "answer 0 5 0", said: "seen\n" }]);
    session.push(await framed("fail"));
    pass(1);
    expect(heard()).toEqual([{ words: "answer 3 0 14", said: "no such thing\n" }]);
  });

  test("answers what was sent together in its order, one after the other", async () => {
    const { session, start, pass, heard } = replayed();
    start();
    session.push(Buffer.from(programs));
    pass(1);
    heard();
    session.push(Buffer.concat([await framed("look"), await framed("fail")]));
    pass(0.5);
    expect(heard()).toEqual([{ words: "answer 0 5 0", said: "seen\n" }]);
    pass(0.04);
    expect(heard()).toEqual([]);
    pass(0.01);
    expect(heard()).toEqual([{ words: "answer 3 0 14", said: "no such thing\n" }]);
  });

  test.each([
    ["that was not recorded", "another", undefined],
    ["that brings bytes to write", "look", Buffer.from("bytes")],
  ])("has no answer to a request %s", async (_, script, input) => {
    const { session, start } = replayed();
    start();
    session.push(Buffer.from(programs));
    const request = await framed(script, input);
    expect(() => session.push(request)).toThrow(/no answer was recorded for this request:\n/);
  });

  test("speaks with nothing but this checkout's loop", () => {
    const other = replayed();
    other.start("exec sh");
    expect(() => other.session.push(Buffer.from(programs))).toThrow("another program");
    const edited = replayed();
    edited.start();
    const bytes = Buffer.from(programs.replace("umask 077", "umask 022"));
    expect(() => edited.session.push(bytes)).toThrow("another program");
  });
});

test("requests are found however they are cut, compressed ones too", async () => {
  const long = "x".repeat(100_000);
  const bytes = Buffer.concat([await framed("first"), await framed(long, Buffer.from("in"))]);
  const decoder = new RequestDecoder();
  const requests = [0, 1, 2].flatMap((third) => {
    const size = Math.ceil(bytes.length / 3);
    return decoder.push(bytes.subarray(third * size, (third + 1) * size));
  });
  expect(requests).toEqual([
    { script: "first", input: null },
    { script: long, input: Buffer.from("in") },
  ]);
  expect(() => new RequestDecoder().push(Buffer.from("hello\n"))).toThrow("no request");
});

describe("a transcript", () => {
  const entry = (what: "sent" | "received", seconds: number, text: string | Buffer): Entry => ({
    ...{ what, seconds },
    bytes: Buffer.from(text).toString("base64"),
  });
  const begin: Entry = { what: "start", seconds: 10, argv: ["h"] };

  test("gives the answers with the times that they took", async () => {
    const entries = [
      begin,
      entry("sent", 10, programs),
      entry("received", 10.2, `motd\n\n${marker} login 0 root\n`),
      entry("received", 10.3, `\n${marker} ready x86_64 6.1 m\n`),
      entry("sent", 11, (await framed("look")).subarray(0, 3)),
      entry("sent", 11.25, (await framed("look")).subarray(3)),
      entry("received", 11.5, `\n${marker} answer 0 5 0\nse`),
      entry("received", 11.75, "en\n"),
    ];
    const found = recordingOf(entries);
    expect(found.machine).toEqual(recording.machine);
    expect(found.answers).toEqual([{ script: "look", code: 0, stdout: "seen\n", stderr: "", seconds: 0.5 }]);
    expect(found.loginSeconds).toBeCloseTo(0.2);
    expect(found.readySeconds).toBeCloseTo(0.1);
  });

  test("of two logins, or without an answer, is no recording", () => {
    expect(() => recordingOf([begin, begin])).toThrow("one login");
    expect(() => recordingOf([begin, entry("sent", 10, programs)])).toThrow("lacks answers");
  });
});

describe("another server", () => {
  const content = "backups of alpha\n";
  const rename = renameOf([["alpha", "gamma"]], [content]);
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  const [before] = renameOf([], [content]).digests.keys();
  const [after] = renameOf([], [content.replace("alpha", "gamma")]).digests.keys();

  test("has its name in texts, in base64 and in the digests of contents", () => {
    expect(renamed(`alpha ${before} ${"0".repeat(64)}`, rename)).toBe(`gamma ${after} ${"0".repeat(64)}`);
    const record = `urn=alpha\nsha256=${before}\n`;
    expect(
      renamedAnswer(`record:${encoded(record)}\npath:${encoded("/x")}:file:root:${before}:-\n`, rename),
    ).toBe(
      `record:${encoded(record.replace("alpha", "gamma").replace(`${before}`, `${after}`))}\n` +
        `path:${encoded("/x")}:file:root:${after}:-\n`,
    );
    expect(renamedAnswer(`crontab:+${encoded("# alpha\n")}`, rename)).toBe(
      `crontab:+${encoded("# gamma\n")}`,
    );
  });

  test("is another machine and is asked by its own name", () => {
    const asked = { script: "docker inspect alpha", code: 0, stdout: "", stderr: "", seconds: 1 };
    const { machine, answers } = renamedRecording({ ...recording, answers: [asked] }, rename);
    expect(machine.id).toMatch(/^[0-9a-f]{32}$/);
    expect(answers).toEqual([{ ...asked, script: "docker inspect gamma" }]);
  });

  test("has resources of its own in the state, and what is nobody's is there once", () => {
    const resource = (type: string, urn: string, inputs = {}) => ({ type, urn, inputs });
    const state = {
      version: 3,
      deployment: {
        resources: [
          resource("pulumi:pulumi:Stack", "stack alpha"),
          resource("pulumi:providers:remotehost", "provider"),
          resource("remotehost:index:File", "alpha-settings", { content }),
        ],
      },
    };
    const renames = ["gamma", "delta"].map((name) => renameOf([["alpha", name]], [content]));
    const many = JSON.parse(withManyServers(JSON.stringify(state), "alpha", renames));
    expect(many.version).toBe(3);
    expect(many.deployment.resources.map(({ urn }: { urn: string }) => urn)).toEqual([
      ...["stack alpha", "provider", "gamma-settings", "delta-settings"],
    ]);
    expect(contentsIn(JSON.stringify(many))).toEqual(["backups of gamma\n", "backups of delta\n"]);
  });
});

test("processor time is read from a line of /proc whose program has any name", () => {
  const fields = ["S", ...Array.from({ length: 10 }, () => "0"), "150", "50", "0"];
  expect(cpuSecondsIn(`42 (a ) b) ${fields.join(" ")}`)).toBeCloseTo(2);
});
