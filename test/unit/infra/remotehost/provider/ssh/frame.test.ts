import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compressAbove,
  MessageDecoder,
  type RequestInput,
  requestFrames,
} from "../../../../../../infra/remotehost/provider/ssh/frame.ts";

/** The request as the server reads it: the words of the header, then each body joined from its chunks. */
async function received(
  script: string,
  input?: RequestInput,
): Promise<{ header: string[]; bodies: Buffer[] }> {
  let wire = await buffer(Readable.from(requestFrames(script, input)));
  const line = () => {
    const end = wire.indexOf("\n");
    const text = wire.toString("utf8", 0, end);
    wire = wire.subarray(end + 1);
    return text;
  };
  const header = line().split(" ");
  const bodies: Buffer[] = [];
  for (let pieces: Buffer[] = []; wire.length > 0; ) {
    const length = Number(line());
    pieces.push(wire.subarray(0, length));
    wire = wire.subarray(length);
    if (length > 0) continue;
    bodies.push(Buffer.concat(pieces));
    pieces = [];
  }
  return { header, bodies };
}

describe("a request on the wire", () => {
  test("without input has one body", async () => {
    const { header, bodies } = await received("echo ü");
    expect(header).toEqual(["7", "plain", "-", "-"]);
    expect(bodies.map(String)).toEqual(["echo ü"]);
  });

  test("keeps an empty input apart from none", async () => {
    const { header, bodies } = await received("true", Buffer.alloc(0));
    expect(header).toEqual(["4", "plain", "0", "plain"]);
    expect(bodies).toHaveLength(2);
  });

  test.each([
    { name: "a buffer", input: (bytes: Buffer) => bytes },
    {
      name: "a stream",
      input: (bytes: Buffer) => ({ stream: () => Readable.from([bytes]), length: bytes.length }),
    },
  ])("$name is compressed above the limit, and only there", async ({ input }) => {
    const small = Buffer.alloc(compressAbove, "a");
    const large = Buffer.alloc(compressAbove + 1, "a");
    const plain = await received("true", input(small));
    const packed = await received("true", input(large));
    expect(plain.header.slice(2)).toEqual([String(compressAbove), "plain"]);
    expect(plain.bodies[1]).toEqual(small);
    expect(packed.header.slice(2)).toEqual([String(compressAbove + 1), "gzip"]);
    expect(gunzipSync(packed.bodies[1] ?? "")).toEqual(large);
  });

  test("says how much of a stream is sent", async () => {
    const seen: number[] = [];
    const pieces = [Buffer.alloc(compressAbove), Buffer.alloc(10)];
    const length = compressAbove + 10;
    await received("true", {
      stream: () => Readable.from(pieces),
      length,
      onProgress: (sent) => seen.push(sent),
    });
    expect(seen).toEqual([compressAbove, length]);
  });

  test.each([10, compressAbove + 10])(
    "fails with what the source of %i bytes failed with",
    async (length) => {
      const stream = () =>
        Readable.from(
          (async function* () {
            yield Buffer.alloc(5);
            throw new Error("the disk is on fire");
          })(),
        );
      await expect(received("true", { stream, length })).rejects.toThrow("the disk is on fire");
    },
  );

  test("refuses a small source that is not as long as it said", async () => {
    const input = { stream: () => Readable.from([Buffer.from("abc")]), length: 4 };
    await expect(received("true", input)).rejects.toThrow("the source has 3 bytes, not 4");
  });
});

describe("the server's messages", () => {
  const answer = (out: Buffer, err: Buffer) =>
    Buffer.concat([Buffer.from(`\nMARK answer 3 ${out.length} ${err.length} \n`), out, err]);

  test("are found between noise", () => {
    const decoder = new MessageDecoder("MARK");
    const wire = `Welcome!\nno line break\nMARK login 0 root\nmail: 3\n\nMARK ready x86_64 6.1 abc\n`;
    expect(decoder.push(Buffer.from(wire)).map(({ words }) => words)).toEqual([
      ["login", "0", "root"],
      ["ready", "x86_64", "6.1", "abc"],
    ]);
  });

  test("may contain what looks like a message", () => {
    const out = Buffer.from("\nMARK answer 0 0 0\n");
    const [message, ...more] = new MessageDecoder("MARK").push(answer(out, Buffer.from("MARK ")));
    expect(message).toEqual({ words: ["answer", "3", "19", "5"], stdout: out, stderr: Buffer.from("MARK ") });
    expect(more).toEqual([]);
  });

  test("come out whole however the bytes are cut", () => {
    const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(body, body), { maxLength: 5 }),
        fc.integer({ min: 1, max: 50 }),
        (pairs, step) => {
          const wire = Buffer.concat(pairs.map(([out, err]) => answer(out, err)));
          const decoder = new MessageDecoder("MARK");
          const messages = [];
          for (let at = 0; at < wire.length; at += step)
            messages.push(...decoder.push(wire.subarray(at, at + step)));
          expect(messages.map(({ stdout, stderr }) => [stdout, stderr])).toEqual(pairs);
        },
      ),
    );
  });

  test("are found after noise without any line break", () => {
    const decoder = new MessageDecoder("MARK");
    decoder.push(Buffer.alloc(300_000, "x"));
    expect(decoder.push(Buffer.from("\nMARK login 0 root\n"))).toHaveLength(1);
  });
});
