"use strict";
// CommonJS and old syntax: an old Node must get as far as saying what it is missing.

const needed = 24;
const found = process.versions.node;

/** What is wrong with the Node that runs this, in one line, or null. */
exports.nodeProblem =
  Number(found.split(".")[0]) >= needed
    ? null
    : `Node ${found} is first on PATH and this project needs Node ${needed} or later. Run: npm run pulumi -- up [DBK-NODE-1]`;
