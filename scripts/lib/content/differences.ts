import { isDeepStrictEqual } from "node:util";
import type { Content, RoleFacts, TableContent } from "../../contract/content.ts";
import { formatNumber, plural } from "../base/format.ts";
import { incomparableKinds } from "./objects.ts";
import { pairs } from "./pairs.ts";
import { comparableTables } from "./partitions.ts";
import { uncomparedParts } from "./uncompared.ts";
import { viewDifferences } from "./view-differences.ts";

/**
 * The differences of a database from its expected content, one sentence each. Only facts on both sides are compared:
 * without hashes only the number of rows.
 */
export function contentDifferences(expected: Content, found: Content): string[] {
  if (expected.hashing !== found.hashing) return contentDifferences(countsOf(expected), countsOf(found));
  return [
    ...tableDifferences(expected, found),
    ...viewDifferences(expected.materializedViews, found.materializedViews),
    ...sequenceDifferences(expected, found),
    ...largeObjectDifferences(expected.largeObjects, found.largeObjects),
    ...extensionDifferences(expected, found),
    ...objectDifferences(expected, found),
  ];
}

/** A content without hashes, for comparison with one whose hashes were computed in another way. */
function countsOf(content: Content): Content {
  const { tables, materializedViews, largeObjects, objects } = content;
  return {
    ...content,
    hashing: 0,
    tables: tables.map((table) => ({ ...table, hash: null })),
    materializedViews: materializedViews?.map((view) => ({ ...view, hash: null })),
    largeObjects: { ...largeObjects, hash: null },
    objects: Object.fromEntries(
      Object.entries(objects).map(([kind, { count }]) => [kind, { count, hash: "0" }]),
    ),
  };
}

/**
 * Allowed differences, one sentence each: newer extensions, and roles, which belong to the server, not to the database.
 */
export function contentNotes(expected: Content, found: Content): string[] {
  const extensions = pairs(expected.extensions, found.extensions).flatMap(({ name, was, is }) => {
    if (was === undefined || is === undefined || compareVersions(was.version, is.version) >= 0) return [];
    return [`extension ${name} was ${was.version}, it is ${is.version}: this server brings a newer one`];
  });
  const hashes =
    expected.hashing === found.hashing
      ? []
      : ["its hashes were computed by another version of these programs: only numbers were compared"];
  const uncompared = uncomparedParts(expected).map(({ what, why }) => `not compared: ${what}: ${why}`);
  return [...hashes, ...uncompared, ...extensions, ...roleDifferences(expected.roles, found.roles)];
}

/** The differences between the roles of two servers. */
export function roleDifferences(expected: readonly RoleFacts[], found: readonly RoleFacts[]): string[] {
  return pairs(expected, found).flatMap(({ name, was, is }) => {
    if (was === undefined) return [];
    if (is === undefined) return [`role ${name} is missing`];
    return isDeepStrictEqual(was, is) ? [] : [`role ${name} has other attributes or memberships`];
  });
}

function tableDifferences(expected: Content, found: Content): string[] {
  const sameVersion = new Set(
    pairs(expected.extensions, found.extensions)
      .filter(({ was, is }) => was?.version === is?.version)
      .map(({ name }) => name),
  );
  // Another version of an extension may have other rows.
  const comparable = ({ extension }: TableContent) => extension === undefined || sameVersion.has(extension);
  const [were, are] = comparableTables(expected.tables, found.tables);
  return pairs(were.filter(comparable), are.filter(comparable)).flatMap(({ name, was, is }) => {
    if (was === undefined) return [`${name} was not there`];
    if (is === undefined) return [`${name} had ${plural(was.rows, "row")}, it is missing`];
    if (was.rows !== is.rows)
      return [`${name} had ${plural(was.rows, "row")}, it has ${formatNumber(is.rows)}`];
    if (was.hash === null || is.hash === null || was.hash === is.hash) return [];
    return [`${name}: same number of rows (${formatNumber(was.rows)}), other content`];
  });
}

function sequenceDifferences(expected: Content, found: Content): string[] {
  return pairs(expected.sequences, found.sequences).flatMap(({ name, was, is }) => {
    const sequence = `sequence ${name}`;
    if (was === undefined) return [`${sequence} was not there`];
    if (is === undefined) return [`${sequence} was at ${was.lastValue}, it is missing`];
    if (was.lastValue !== is.lastValue)
      return [`${sequence} was at ${was.lastValue}, it is at ${is.lastValue}`];
    if (was.isCalled === is.isCalled) return [];
    const given = (called: boolean) => (called ? "given out" : "not given out");
    return [
      `${sequence} is at ${was.lastValue}, which was ${given(was.isCalled)} and is ${given(is.isCalled)}`,
    ];
  });
}

function largeObjectDifferences(expected: Content["largeObjects"], found: Content["largeObjects"]): string[] {
  if (expected.count !== found.count)
    return [`there were ${plural(expected.count, "large object")}, there are ${formatNumber(found.count)}`];
  if (expected.hash === null || found.hash === null || expected.hash === found.hash) return [];
  return [`large objects: same number (${formatNumber(expected.count)}), other content`];
}

function extensionDifferences(expected: Content, found: Content): string[] {
  return pairs(expected.extensions, found.extensions).flatMap(({ name, was, is }) => {
    // Every new database has plpgsql, also if it was dropped in the original.
    if (was === undefined) return name === "plpgsql" ? [] : [`extension ${name} was not there`];
    if (is === undefined) return [`extension ${name} ${was.version} is missing`];
    if (compareVersions(was.version, is.version) <= 0) return [];
    return [`extension ${name} was ${was.version}, it is ${is.version}`];
  });
}

function objectDifferences(expected: Content, found: Content): string[] {
  const incomparable = incomparableKinds(expected, found);
  return Object.entries(expected.objects).flatMap(([kind, was]) => {
    const is = found.objects[kind];
    if (is === undefined || incomparable.has(kind)) return [];
    const words = kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    const missing = was.count - is.count;
    const numbers = `had ${formatNumber(was.count)}, has ${formatNumber(is.count)}`;
    if (missing === 1) return [`1 ${singular(words)} is missing: ${numbers}`];
    if (missing > 1) return [`${formatNumber(missing)} ${words} are missing: ${numbers}`];
    if (missing < 0) return [`${words} were not there: ${numbers}`];
    return was.hash === is.hash
      ? []
      : [`${words}: same number (${formatNumber(was.count)}), but not the same`];
  });
}

const singular = (words: string): string =>
  words
    .replace(/ies$/, "y")
    .replace(/(?<=x)es$/, "")
    .replace(/s$/, "");

/** Numbers in versions count as numbers: 1.10 is newer than 1.9. */
const compareVersions = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });
