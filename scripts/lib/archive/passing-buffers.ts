import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How many bytes of buffers that nobody needs any more may lie about. */
const pile = 4 * 2 ** 20;

let passed = 0;
let collect: ((options: { type: "minor" }) => void) | null = null;

/**
 * Is told of the bytes of every buffer that has passed through a program, and frees them a pile at a time: V8 by itself
 * looks after buffers only when 64 MB more of them lie about, for to V8 they are small. It takes half a millisecond.
 */
export function letGo(bytes: number): void {
  passed += bytes;
  if (passed < pile) return;
  passed = 0;
  collect ??= collector();
  collect({ type: "minor" });
}

/** Node gives the function to new contexts only, once V8 is told to have it. */
function collector(): NonNullable<typeof collect> {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
