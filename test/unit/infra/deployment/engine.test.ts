import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, test } from "vitest";
import { addEvent, emptyReport, keptOf } from "../../../../infra/deployment/changes.ts";
import { changesText } from "../../../../infra/deployment/changes-text.ts";
import { processIn } from "../../../../infra/deployment/cli-process.ts";
import { targetsOf } from "../../../../infra/deployment/pulumi-stack.ts";
import { cliErrorText, failureText } from "../../../../infra/deployment/stack-errors.ts";
import { painter } from "../../../../scripts/lib/base/terminal.ts";

type Metadata = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

function metadata(op: string, name: string, type = "remotehost:index:File", more: object = {}): Metadata {
  const urn = `urn:pulumi:prod::database-backups::${type}::${name}`;
  const state = {
    type,
    urn,
    custom: !type.startsWith("database-backups:"),
    id: "",
    parent: "",
    inputs: { path: `/root/${name}` },
    outputs: {},
    provider: "",
  };
  return { op: op as Metadata["op"], urn, type, new: state, provider: "", ...more };
}

const event = (more: Partial<EngineEvent>): EngineEvent => ({ sequence: 0, timestamp: 0, ...more });
const begun = (step: Metadata) => event({ resourcePreEvent: { metadata: step } });
const ended = (step: Metadata) => event({ resOutputsEvent: { metadata: step } });

function reportOf(...events: EngineEvent[]) {
  const report = emptyReport();
  for (const one of events) addEvent(report, one);
  return report;
}

test("each resource is reported once, and what is only the engine's own is left out", () => {
  const report = reportOf(
    begun(metadata("create", "stack", "pulumi:pulumi:Stack")),
    begun(metadata("create", "web", "database-backups:index:BackupServer")),
    begun(metadata("refresh", "a")),
    begun(metadata("create", "a")),
    begun(metadata("update", "b", undefined, { diffs: ["content", "mode"] })),
    begun(metadata("create-replacement", "c")),
    begun(metadata("replace", "c")),
    begun(metadata("delete-replaced", "c")),
    begun(metadata("same", "d")),
    ended(metadata("create", "a")),
    ended(metadata("refresh", "b")),
    ended(metadata("same", "d")),
  );
  expect(report.changes.map(({ operation, name }) => `${operation} ${name}`)).toEqual([
    "create a",
    "update b",
    "replace c",
  ]);
  expect(report).toMatchObject({ unchanged: 1, done: ["a"], latest: "/root/c" });
  expect(changesText(report, painter(false), ["/opt/x/replaced"])).toBe(
    "  + /root/a  file\n  ~ /root/b  content, mode\n  ± /root/c  file\n" +
      "1 to create, 1 to update, 1 to replace; 1 unchanged",
  );
});

test("edits by hand on a server are reported as edits, with the kept copy", () => {
  const refreshed = (name: string, more: object = {}, type?: string) =>
    ended(metadata("refresh", name, type, { diffs: ["content"], ...more }));
  const report = reportOf(
    refreshed("edited"),
    refreshed("gone", { new: undefined }),
    refreshed("same", { diffs: [] }),
    refreshed("readiness", {}, "remotehost:index:Readiness"),
    begun(metadata("update", "edited", undefined, { diffs: ["content"] })),
    begun(metadata("create", "gone")),
    begun(metadata("update", "same", undefined, { diffs: ["content"] })),
    begun(metadata("update", "readiness", "remotehost:index:Readiness", { diffs: ["problems"] })),
  );
  expect(changesText(report, painter(false), ["/opt/x/replaced", "/srv/y/replaced"]).split("\n")).toEqual([
    "  ~ /root/edited     content; edited on the server",
    "  + /root/gone       file",
    "  ~ /root/same       content",
    "  ~ /root/readiness  problems",
    "what was edited on a server is put back; its content is kept there in /opt/x/replaced or /srv/y/replaced",
    "1 to create, 3 to update; 0 unchanged",
  ]);
});

test("the kept copies of a run are read from its messages", () => {
  const kept = "h: /root/x had been edited; the edited version is kept as /opt/x/replaced/T+root+x";
  const says = (message: string) =>
    event({ diagnosticEvent: { severity: "warning", message, color: "never" } });
  expect(keptOf(reportOf(says(kept), says("a note")))).toEqual([kept]);
});

test("warnings and errors are kept without the engine's marks, what is ephemeral is not", () => {
  const diagnostic = (severity: "info" | "warning" | "error", message: string, ephemeral = false) =>
    event({ diagnosticEvent: { severity, message, color: "never", ephemeral } });
  const report = reportOf(
    diagnostic("info", "sending"),
    diagnostic("warning", "<{%fg 3%}>a note<{%reset%}>\n"),
    diagnostic("warning", "soon gone", true),
    diagnostic("error", "it failed"),
  );
  expect(report.diagnostics).toEqual([
    { severity: "warning", message: "a note" },
    { severity: "error", message: "it failed" },
  ]);
});

test("what is no event known here makes the report one that is not understood", () => {
  expect(reportOf(begun(metadata("create", "a")), event({})).isUnderstood).toBe(true);
  const report = emptyReport();
  addEvent(report, { resourcePreEvent: { metadata: { op: "create" } } });
  expect(report).toMatchObject({ isUnderstood: false, changes: [] });
});

test("nothing to do is said", () => {
  expect(changesText(emptyReport(), painter(false), [])).toBe("nothing to do; 0 unchanged");
});

describe("errors of the CLI", () => {
  test("is reported without what the Automation API puts around it", () => {
    const message =
      "code: 255\n stdout: \n stderr: Command failed\nerror: passphrase must be set\nerror: and more\n err?: Error\n";
    expect(cliErrorText(message)).toBe("passphrase must be set\nand more");
    expect(cliErrorText("spawn failed")).toBe("spawn failed");
  });

  const said = (stderr: string) =>
    new Error(`code: 255\n stdout: \n stderr: Command failed with exit code 255\n${stderr} err?: Error: x\n`);

  test("of a wrong passphrase is no failure of the run: the stack cannot be opened", () => {
    const wrong = said("error: getting secrets manager: incorrect passphrase\n");
    const reported = (): unknown => {
      try {
        return failureText("prod", wrong);
      } catch (error) {
        return error;
      }
    };
    expect(reported()).toMatchObject({
      exit: "configuration",
      message:
        "Pulumi cannot open the stack prod: getting secrets manager: incorrect passphrase [DBK-STACK-4]",
      next: expect.stringMatching(/^Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE/),
    });
  });

  test("of a run is reported alone, or with the whole output if it cannot be separated", () => {
    expect(failureText("prod", said("error: no space left\n"))).toBe("no space left");
    const silent = new Error("code: 255\n stdout: something\n stderr: \n err?: \n");
    expect(failureText("prod", silent)).toBe(silent.message);
  });
});

test("the targets of a server are its component and everything that begins with its key", () => {
  expect(targetsOf(["a", "b"])).toEqual(["**::a", "**::a-*", "**::b", "**::b-*"]);
});

test("a process id counts when it is written whole", () => {
  expect(processIn("4711\n")).toBe(4711);
  for (const text of ["", "\n", "0\n", "47", "-1\n"]) expect(processIn(text)).toBeNull();
});
