import { hash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire, enableCompileCache, flushCompileCache } from "node:module";
import { join, resolve } from "node:path";

// Runs the plugin as one bundle, because that starts four times as fast as the sources. This file is JavaScript,
// because Node needs as long to load its TypeScript reader as to start. The bundle's first line lists its sources; if
// the hash of a source or of the lock file has changed, the bundle is rebuilt.

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, ".cache", "remotehost");
const bundle = join(folder, "plugin.cjs");
const millisecondsUntilIdle = 200;
const mark = "// made of ";

// Bytes that hold the first line many times over.
const headLength = 64 * 1024;

function isCurrent() {
  let file;
  try {
    file = openSync(bundle, "r");
    const head = Buffer.alloc(headLength);
    const text = head.toString("utf8", mark.length, readSync(file, head));
    const sources = JSON.parse(text.slice(0, text.indexOf("\n")));
    return Object.entries(sources).every(
      ([path, sha256]) => hash("sha256", readFileSync(join(root, path)), "hex") === sha256,
    );
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

if (!isCurrent()) await (await import("./bundle.ts")).makeBundle(root, bundle, mark);
enableCompileCache(join(folder, "compiled"));
createRequire(import.meta.url)(bundle);
// The engine ends its plugins by a signal. Node writes no cache then.
setTimeout(flushCompileCache, millisecondsUntilIdle).unref();
