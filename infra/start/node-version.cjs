"use strict";
// CommonJS and old syntax, so that an old Node can run this and print its message.

const needed = 24;
const found = process.versions.node;

/** The problem with the running Node, in one line; null if there is none. */
exports.nodeProblem =
  Number(found.split(".")[0]) >= needed
    ? null
    : `Node ${found} is first on PATH and this project needs Node ${needed} or later. Run: npm run pulumi -- up [DBK-NODE-1]`;
