"use strict";
// Loaded by Pulumi's language host before anything else (nodeargs in Pulumi.yaml). Most of the time that the SDK takes to
// load goes into what it turns functions into text with (TypeScript, npm's own resolver) and starts other programs with
// (the automation API). This program does neither; so they are loaded when something of them is first used.

const Module = require("node:module");
const { dirname } = require("node:path");

const seldomUsed = ["typescript", "@npmcli/arborist", "@pulumi/pulumi/automation"];

for (const name of seldomUsed) {
  const path = pathOf(name);
  if (path !== null) loadWhenUsed(path);
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
function loadWhenUsed(path) {
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
      // Said without a look, because compiled imports ask for it at once; and then they take nothing out of it.
      get: (_, property) => (property === "__esModule" ? true : load()[property]),
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
