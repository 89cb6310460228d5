import { randomBytes } from "node:crypto";
import { Transform } from "node:stream";

const headBytes = 4096;
const tailBytes = 4096;
const ownRestriction = /^\\restrict [^\n]*\n/m;
const ownRelease = /\n\\unrestrict [^\n]*\n*$/;

/**
 * Takes the text of a dump that nobody vouches for and puts it under psql's `\restrict` with a key made here: psql then
 * refuses every command of its own (`\!`, `\connect`, `\copy` …). The dump's own pair at its head and end is removed,
 * because who wrote the file knows that key. With `restrict: false` only the pair is removed, for a psql that knows
 * neither.
 */
export function confineDump(restrict: boolean): Transform {
  const restriction = restrict ? `\\restrict ${randomBytes(16).toString("hex")}\n` : "";
  let held: Buffer = Buffer.alloc(0);
  let headDone = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      held = Buffer.concat([held, chunk]);
      if (!headDone) {
        if (held.length < headBytes) return done();
        held = Buffer.concat([Buffer.from(restriction), without(held, ownRestriction)]);
        headDone = true;
      }
      const passed = held.subarray(0, Math.max(0, held.length - tailBytes));
      held = held.subarray(passed.length);
      done(null, passed);
    },
    flush(done) {
      const head = headDone ? held : Buffer.concat([Buffer.from(restriction), without(held, ownRestriction)]);
      done(null, without(head, ownRelease, "\n"));
    },
  });
}

function without(text: Buffer, pattern: RegExp, replacement = ""): Buffer {
  return Buffer.from(text.toString("latin1").replace(pattern, replacement), "latin1");
}
