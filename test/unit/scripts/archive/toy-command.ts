import { pipeline } from "node:stream/promises";
import { ToyReader, toyAround } from "./toy.ts";

/** The stock command of the toy layer, from standard input to standard output: `toy-command.ts around|undo KEY`. */
const [way, key] = [process.argv[2], Number(process.argv[3])];
if (way === "undo") {
  await pipeline(process.stdin, new ToyReader(key), process.stdout);
} else {
  process.stdout.write(toyAround(Buffer.concat(await process.stdin.toArray()), key));
}
