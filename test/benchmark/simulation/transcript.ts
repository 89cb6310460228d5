import * as z from "zod";
import { MessageDecoder } from "../../../infra/remotehost/provider/ssh/frame.ts";
import { type Greeting, greet } from "../../../infra/remotehost/provider/ssh/greeting.ts";
import { remoteLoop } from "../../../infra/remotehost/provider/ssh/remote-loop.ts";
import type { Answer, Recording } from "./recording.ts";
import { RequestDecoder } from "./request-decoder.ts";

/** What crossed one ssh, a JSON object a line: its command line first, then the bytes of either direction in base64. */
export const Entry = z.discriminatedUnion("what", [
  z.object({ what: z.literal("start"), seconds: z.number(), argv: z.array(z.string()) }),
  z.object({ what: z.literal("sent"), seconds: z.number(), bytes: z.base64() }),
  z.object({ what: z.literal("received"), seconds: z.number(), bytes: z.base64() }),
]);
export type Entry = z.infer<typeof Entry>;

export const entriesOf = (text: string): Entry[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Entry.parse(JSON.parse(line)));

/** The marker with which every line of the loop begins, out of the programs that start it; null where it is not yet there. */
export const markerIn = (programs: string): string | null =>
  /marker=(remotehost-[0-9a-f]+)\n/.exec(programs)?.[1] ?? null;

/** Reads a recording out of a transcript. @throws Error where it is not that of one login with requests and answers */
export function recordingOf(entries: readonly Entry[]): Recording {
  const [start, ...rest] = entries;
  if (start?.what !== "start" || rest.some(({ what }) => what === "start"))
    throw new Error("the transcript is not that of one login");
  const sent = rest.filter((entry) => entry.what === "sent");
  const marker = markerIn(Buffer.from(sent[0]?.bytes ?? "", "base64").toString());
  if (marker === null) throw new Error("the transcript does not begin with the programs of a loop");
  let programs = Buffer.byteLength(remoteLoop(marker).programs);
  const requests = new RequestDecoder();
  const messages = new MessageDecoder(marker);
  let greeting: Greeting = { stage: "connecting" };
  let loginAt = start.seconds;
  const recording: Recording = {
    machine: { id: "", user: "", architecture: "", kernel: "" },
    ...{ loginSeconds: 0, readySeconds: 0 },
    answers: [],
  };
  const asked: { script: string; seconds: number }[] = [];
  let answeredAt = start.seconds;
  for (const entry of rest) {
    if (entry.what === "start") continue;
    const bytes = Buffer.from(entry.bytes, "base64");
    if (entry.what === "sent") {
      const own = bytes.subarray(Math.min(programs, bytes.length));
      programs -= bytes.length - own.length;
      for (const { script } of requests.push(own)) asked.push({ script, seconds: entry.seconds });
      continue;
    }
    for (const message of messages.push(bytes)) {
      greeting = greet(greeting, message);
      if (message.words[0] === "login") {
        loginAt = entry.seconds;
        recording.loginSeconds = loginAt - start.seconds;
      }
      if (message.words[0] === "ready" && greeting.stage === "ready") {
        recording.machine = greeting.machine;
        recording.readySeconds = entry.seconds - loginAt;
      }
      if (message.words[0] !== "answer") continue;
      const question = asked.shift();
      if (question === undefined) throw new Error("the transcript has an answer without a request");
      // A request may have been sent long before the server was done with the one before it.
      const begun = Math.max(question.seconds, answeredAt);
      answeredAt = entry.seconds;
      recording.answers.push(answerTo(question.script, message, answeredAt - begun));
    }
  }
  if (greeting.stage !== "ready" || recording.answers.length === 0 || asked.length > 0)
    throw new Error("the transcript lacks answers");
  return recording;
}

function answerTo(
  script: string,
  { words, stdout, stderr }: ReturnType<MessageDecoder["push"]>[number],
  seconds: number,
): Answer {
  return { script, code: Number(words[1]), stdout: stdout.toString(), stderr: stderr.toString(), seconds };
}
