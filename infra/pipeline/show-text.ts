import { pipeline } from "node:stream/promises";
import { printable } from "../drift/wording.ts";

/** `show-text.ts`: copies standard input to standard output as it arrives, with invisible characters as their codes. */
await pipeline(
  process.stdin.setEncoding("utf8"),
  async function* (parts: AsyncIterable<string>) {
    for await (const part of parts) yield printable(part);
  },
  process.stdout,
  // Other processes write to it after this. Ending a socket would end it for them too.
  { end: false },
);
