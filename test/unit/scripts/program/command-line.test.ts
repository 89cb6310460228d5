import { expect, test } from "vitest";
import { unknownServer } from "../../../../scripts/contract/session-settings.ts";
import { worst } from "../../../../scripts/lib/base/exit-codes.ts";
import { formatAge, formatBytes, formatDuration, formatTime } from "../../../../scripts/lib/base/format.ts";
import { painter, usesColour } from "../../../../scripts/lib/base/terminal.ts";
import { psqlProgram } from "../../../../scripts/lib/postgres/psql.ts";
import { psqlError } from "../../../../scripts/lib/postgres/psql-error.ts";
import { type CommandLine, helpText, parseArguments } from "../../../../scripts/lib/program/arguments.ts";
import { runChild } from "../../../../scripts/lib/system/child.ts";
import { containerName, dockerFailure } from "../../../../scripts/lib/system/docker.ts";
import { neededBytes } from "../../../../scripts/lib/system/space.ts";

const commandLine: CommandLine = {
  program: "do_it",
  summary: "Does it.",
  operands: { placeholder: "FILE", description: "what to do it with", minimum: 1, maximum: 1 },
  options: [
    { name: "mode", value: "MODE", description: "how" },
    { name: "part", value: "PART", description: "of what", repeatable: true },
  ],
  exitCodes: [[0, "done"]],
};

test.each([
  [["--mode", "fast", "file"], { mode: "fast", quiet: false, operands: ["file"] }],
  [["--mode=fast", "--quiet", "file"], { mode: "fast", quiet: true, operands: ["file"] }],
  [["--", "--odd name"], { mode: undefined, quiet: false, operands: ["--odd name"] }],
])("%j is understood", (argv, expected) => {
  const parsed = parseArguments(commandLine, argv);
  expect({ mode: parsed.value("mode"), quiet: parsed.flag("quiet"), operands: parsed.operands }).toEqual(
    expected,
  );
});

test("an option that may be repeated keeps every value", () => {
  const { values } = parseArguments(commandLine, ["--part", "a", "file", "--part=b"]);
  expect(values("part")).toEqual(["a", "b"]);
  expect(parseArguments(commandLine, ["file"]).values("part")).toEqual([]);
});

test.each([
  [[], "FILE is missing"],
  [["a", "b"], 'unexpected "b"'],
  [["--unknown", "a"], "--unknown"],
  [["a", "--mode"], "--mode"],
  [["a", "--quiet=yes"], "--quiet"],
])("%j is refused", (argv, words) => {
  expect(() => parseArguments(commandLine, argv)).toThrow(words);
});

test("the help names every option and exit code", () => {
  expect(helpText(commandLine)).toContain("Usage: do_it [OPTION…] FILE\nDoes it.\n");
  expect(helpText(commandLine)).toMatch(/--mode MODE +how/);
  expect(helpText(commandLine)).toMatch(/Exit codes:\n {2}0 {2}done/);
});

test.each([
  [formatBytes(999), "999 B"],
  [formatBytes(8_317_000), "8.3 MB"],
  [formatBytes(999_600), "1.0 MB"],
  [formatBytes(123_456_789), "123 MB"],
  [formatDuration(1.31), "1.3 s"],
  [formatDuration(65), "1 min 5 s"],
  [formatDuration(3_600), "1 h"],
  [formatDuration(183_600), "2 d 3 h"],
  [formatAge(new Date(0), new Date(7_200_000)), "2 h ago"],
  [formatAge(new Date(300_000), new Date(0)), "in 5 min"],
  [formatTime(new Date("2026-11-22T02:00:00Z"), "UTC"), "2026-11-22 02:00:00 UTC"],
  [formatTime(new Date("2026-11-22T02:00:00Z"), "Europe/Berlin"), "2026-11-22 02:00:00 UTC (03:00:00 CET)"],
  [
    formatTime(new Date("2026-11-22T23:30:00Z"), "Europe/Berlin"),
    "2026-11-22 23:30:00 UTC (2026-11-23 00:30:00 CET)",
  ],
])("%s", (shown, expected) => {
  expect(shown).toBe(expected);
});

test.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { NO_COLOR: "1" }, false],
  [{ isTTY: true }, { TERM: "dumb" }, false],
  [{}, {}, false],
])("colour on %j with %j: %s", (stream, environment, expected) => {
  expect(usesColour(stream, environment)).toBe(expected);
  expect(painter(expected)("red", "x") === "x").toBe(!expected);
});

test.each([
  ["Error response from daemon: No such container: db", "container-missing"],
  ["Error response from daemon: container 4f2a is not running", "container-stopped"],
  ["Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", "docker-unavailable"],
  ['Error: no container with name or ID "db" found: no such container', "container-missing"],
  ["Error: inspecting object: no such container db", "container-missing"],
  [
    "Error: can only create exec sessions on running containers: container state improper",
    "container-stopped",
  ],
  ["Cannot connect to Podman. Please verify your connection to the Linux system", "docker-unavailable"],
  ["Error: crun: executable file `psql` not found in $PATH: No such file or directory", "command-missing"],
  ["sh: 1: exec: psql: not found", "command-missing"],
  ["sh: line 1: exec: psql: not found", "command-missing"],
  ['OCI runtime exec failed: exec: "psql": executable file not found in $PATH: unknown', "command-missing"],
])("%s", (stderr, kind) => {
  expect(dockerFailure("db", stderr)).toMatchObject({ kind, exitCode: 69 });
});

/** PostgreSQL's defaults, before it reads the settings of a connection. */
const collationWarning =
  'WARNING:  database "app" has a collation version mismatch\n' +
  "DETAIL:  The database was created using collation version 2.31.\n" +
  "HINT:  Rebuild all objects.\n";

test("a warning at the connection does not hide why there is none", () => {
  const refused = "psql: error: connection to server on socket failed: FATAL:  too many clients\n";
  expect(psqlError("here", 2, collationWarning + refused, false).message).toContain("too many clients");
  const lost = "server closed the connection unexpectedly\n\tThis probably means\n";
  expect(psqlError("here", 2, collationWarning + lost, true).message).toContain("server closed");
});

test.each([
  [2, "psql: error: connection to server failed: FATAL: role x does not exist", false, "connection", null],
  [3, "psql:<stdin>:1: ERROR:  42P01: relation does not exist\nLOCATION:  x", false, "query", "42P01"],
  [3, "psql:<stdin>:1: FEHLER:  55P03: Sperre\n", true, "query", "55P03"],
  [3, 'psql:<stdin>:1: ОШИБКА:  42P01: отношение "x" не существует\n', true, "query", "42P01"],
  [3, 'psql:<stdin>:1: 错误:  42P01: 关系 "x" 不存在\n', true, "query", "42P01"],
  [3, "psql:<stdin>:1: ÖLÜMCÜL (FATAL):  57P01: sonlandırılıyor\n", true, "query", "57P01"],
  [
    3,
    `${collationWarning}psql:<stdin>:1: ERROR:  55P03: lock\nLOCATION:  x, y.c:1\n`,
    true,
    "query",
    "55P03",
  ],
  [3, "psql:<stdin>:1: WARNING:  01000: x\npsql:<stdin>:2: ERROR:  23505: y\n", true, "query", "23505"],
  [3, "psql:<stdin>:1: WARNING:  01000: x\n", true, "lost", null],
  [2, "server closed the connection unexpectedly", true, "lost", null],
  [137, "", true, "lost", null],
  [137, "", false, "connection", null],
])("psql's status %i with %j", (code, stderr, begun, kind, sqlState) => {
  expect(psqlError("here", code, stderr, begun)).toMatchObject({ kind, sqlState });
});

test.each([
  [[], 0],
  [[0, 75], 75],
  [[69, 0, 75], 69],
  [[1, 69, 73], 1],
] as const)("the worst of %j is %i", (codes, expected) => {
  expect(worst([...codes])).toBe(expected);
});

test.each([
  [null, 100, 100],
  [1000, 100, 1500],
  [10, 100, 100],
])("after %s bytes with a minimum of %i, %i are needed", (last, minimum, expected) => {
  expect(neededBytes(last, minimum)).toBe(expected);
});

test.each([
  [{}, "statement_timeout=0"],
  [{ timeoutSeconds: 30 }, "statement_timeout=30s"],
])("no time-out of the role's or the database's own ends a question: %j", (options, expected) => {
  const database = { name: "app", container: "app-db", database: "app", user: "app", dataDirectory: "/data" };
  const { environment } = psqlProgram(database, unknownServer, { applicationName: "x", ...options });
  expect(environment.PGOPTIONS).toContain(`-c ${expected}`);
});

test("a container has one name, whether Docker tells of it or podman", () => {
  expect(["/app-db", "app-db"].map(containerName)).toEqual(["app-db", "app-db"]);
});

test("a docker that does not answer is unavailable, and says where to look", async () => {
  const question = runChild("sleep", ["60"], { timeoutSeconds: 0.05 });
  await expect(question).rejects.toMatchObject({
    exitCode: 69,
    message: expect.stringContaining("no answer within 0.05 s; run: systemctl status docker [DBK-DOCKER-6]"),
  });
});
