import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cronTableText, parseTable } from "../../../../../../infra/remotehost/cron-table-text.ts";
import {
  takenOverLines,
  withoutTakenOverLines,
} from "../../../../../../infra/remotehost/provider/cron-table/crontab.ts";

const command = "/root/backup_database.sh";

describe("lines that are taken over", () => {
  const cases: [string, boolean][] = [
    [`0 2 * * * ${command}`, true],
    [`0 2 * * * ${command} >> /root/backup_database.log 2>&1`, true],
    [`\t0\t2 * * *   ${command}`, true],
    [`@daily ${command}`, true],
    [`# 0 2 * * * ${command}`, false],
    [`  # 0 2 * * * ${command}`, false],
    [`0 2 * * * ${command}.old`, false],
    [`0 2 * * * ${command}_two`, false],
    [`0 2 * * * echo ${command}`, false],
    [`0 2 * * * /bin/sh ${command}`, false],
    [`0 2 * * ${command}`, false],
    [`COMMAND=0 2 * * * ${command}`, false],
    ["", false],
  ];
  it.each(cases)("%s: %s", (line, expected) => {
    expect(takenOverLines(`a\n${line}\nb\n`, [command])).toEqual(expected ? [line] : []);
  });

  it.each([
    ["a byte that is no UTF-8 beside it", "# caf\xe9\r\n"],
    [
      "the second byte of à, which Unicode takes for a blank",
      "# \xc3\xa0\n0 2 * * * /root/backup_database.sh\xa0\n",
    ],
    ["control characters", "# \x01\x7f\x85\n"],
  ])("leave every other byte as it is: %s", (_, other) => {
    const line = `0 2 * * * ${command}\r\n`;
    expect(withoutTakenOverLines(`${other}${line}${other}`, [command])).toBe(`${other}${other}`);
    expect(takenOverLines(`${other}${line}`, [command])).toEqual([`0 2 * * * ${command}`]);
  });

  it("are found and shown where their path is not ASCII", () => {
    const path = "/root/größe.sh";
    const line = `0 2 * * * ${path} --quiet`;
    const bytes = Buffer.from(line).toString("latin1");
    expect(takenOverLines(`${bytes}\n`, [path])).toEqual([line]);
  });

  it("leave nothing behind when they were all there was", () => {
    expect(withoutTakenOverLines(`0 2 * * * ${command}\n`, [command])).toBe("");
  });
});

describe("a table's text", () => {
  it("escapes percent signs, once, and ends with a newline", () => {
    const entries = [{ schedule: "0 2 * * *", user: "root", command: "date +%F > /tmp/a\\%b" }];
    const [, setting, line, end] = cronTableText({ PATH: "/usr/bin:/bin" }, entries).split("\n");
    expect([setting, line, end]).toEqual([
      "PATH=/usr/bin:/bin",
      "0 2 * * * root date +\\%F > /tmp/a\\%b",
      "",
    ]);
  });

  it.each([
    ["", '""'],
    [" a", '" a"'],
    ["a\"b'c", "a\"b'c"],
    ['"a"', "'\"a\"'"],
  ])("writes the value %j as %s", (value, written) => {
    expect(cronTableText({ NAME: value }, [])).toContain(`\nNAME=${written}\n`);
  });

  it("is read back as what it was written from", () => {
    const word = fc.stringMatching(/^[a-z0-9/_.-][a-z0-9/_. '"$%-]{0,20}[a-z0-9]$/);
    const entries = fc.array(
      fc.record({
        schedule: fc.constantFrom("0 2 * * *", "@daily"),
        user: fc.constant("root"),
        command: word,
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Z_]{1,8}$/), word), entries, (environment, list) => {
        expect(parseTable(cronTableText(environment, list))).toEqual({
          environment: { ...environment },
          entries: list,
        });
      }),
    );
  });

  it.each([
    ["someone else's spelling", "0 2 * * * root true\n"],
    ["no newline at the end", "x"],
    ["nothing", ""],
  ])("%s is not read as ours", (_, text) => {
    expect(parseTable(text)).toBeNull();
  });
});
