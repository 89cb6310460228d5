import { pipeline } from "node:stream/promises";
import { printable } from "../drift/wording.ts";

/** `show-text.ts`: gives its standard input as text in which everything can be seen, as it comes. */
await pipeline(
  process.stdin.setEncoding("utf8"),
  async function* (parts: AsyncIterable<string>) {
    for await (const part of parts) yield printable(part);
  },
  process.stdout,
  // Others write to it after this; a socket's end would be the end for them too.
  { end: false },
);
