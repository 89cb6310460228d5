"use strict";
// Loaded by Pulumi's language host before anything else (nodeargs in Pulumi.yaml). The SDK loads what it turns functions
// into text with, which this program never does: TypeScript and npm's own resolver, two thirds of the time that the SDK
// takes to load. They are loaded when something of them is first used.

const Module = require("node:module");

const seldomUsed = ["typescript", "@npmcli/arborist"];

for (const name of seldomUsed) {
  const path = pathOf(name);
  if (path !== null) loadWhenUsed(path);
}

/** As the SDK would find it, or null. */
function pathOf(name) {
  try {
    const { dirname } = require("node:path");
    return require.resolve(name, { paths: [dirname(require.resolve("@pulumi/pulumi"))] });
  } catch {
    return null;
  }
}

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
      has: (_, property) => property in load(),
    },
  );
  require.cache[path] = placeholder;
}
