"use strict";
// Loaded before anything else: by nodeargs in Pulumi.yaml, and by npm run pulumi for language hosts that ignore those.
// Most of the time that the SDK takes to load goes into what it turns functions into text with (TypeScript, npm's own
// resolver) and starts other programs with (the automation API). This program does neither; so they are loaded when
// something of them is first used.

const Module = require("node:module");
const { dirname } = require("node:path");

/** What can be said of each without loading it. */
const seldomUsed = {
  // Language hosts that ignore `typescript: false` have it asked for its version.
  typescript: { version: () => require("typescript/package.json").version },
  "@npmcli/arborist": {},
  "@pulumi/pulumi/automation": {},
};

for (const [name, known] of Object.entries(seldomUsed)) {
  const path = pathOf(name);
  if (path !== null) loadWhenUsed(path, known);
}

/** As the SDK would find it, or null. */
function pathOf(name) {
  try {
    return require.resolve(name, { paths: [dirname(require.resolve("@pulumi/pulumi"))] });
  } catch {
    return null;
  }
}

/** Puts what stands for a module whose exports are an object in the place where Node looks for what it has loaded. */
function loadWhenUsed(path, known) {
  let exports = null;
  const load = () => {
    if (exports === null) {
      delete require.cache[path];
      exports = require(path);
    }
    return exports;
  };
  const placeholder = new Module(path);
  placeholder.loaded = true;
  placeholder.exports = new Proxy(
    {},
    {
      get: (_, property) => {
        // Compiled imports ask for this at once, and then take nothing out of it.
        if (property === "__esModule") return true;
        return Object.hasOwn(known, property) ? known[property]() : load()[property];
      },
      set: (_, property, value) => Reflect.set(load(), property, value),
      has: (_, property) => property in load(),
      ownKeys: () => Reflect.ownKeys(load()),
      getOwnPropertyDescriptor: (_, property) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(load(), property);
        return descriptor && { ...descriptor, configurable: true };
      },
    },
  );
  require.cache[path] = placeholder;
}
