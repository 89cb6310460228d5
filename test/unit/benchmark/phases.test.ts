import { expect, test } from "vitest";
import { profileOf } from "../../benchmark/provisioning/phases.ts";
import { type Span, spansOf } from "../../benchmark/provisioning/trace.ts";

const span = (name: string, start: number, end: number, kind = ""): Span => ({
  ...{ name, start, end },
  attributes: { kind },
});

const preview = [
  span("pulumi", 0, 100),
  span("newPlugin", 1, 5, "language"),
  span("pulumirpc.LanguageRuntime/About", 4, 8),
  span("newPlugin", 10, 20, "resource"),
  span("pulumirpc.ResourceProvider/Read", 20, 40),
  span("pulumirpc.ResourceProvider/Read", 21, 45),
  span("pulumirpc.ResourceProvider/Diff", 46, 47),
  span("pulumirpc.LanguageRuntime/Run", 50, 90),
  span("pulumirpc.ResourceMonitor/RegisterResource", 55, 56),
  span("pulumirpc.ResourceMonitor/Invoke", 65, 75),
  span("newPlugin", 65, 72, "resource"),
  span("pulumirpc.ResourceProvider/Diff", 80, 81),
];

test("a preview is taken apart without a rest", () => {
  const { phases, onePluginStart } = profileOf(preview, 15);
  expect(phases).toEqual({
    cli: 100 - 7 - 17 - 26 - 15 - 18,
    languageHost: 7,
    pluginStart: 17,
    handshake: 15,
    commands: 11,
    programStart: 15,
    program: 18,
  });
  expect(onePluginStart).toBe(10);
});

test("a trace that lacks a span is no profile", () => {
  expect(() => profileOf(preview.slice(0, 7), 1)).toThrow("lacks a span");
});

test("the CLI's traces are read, in order of time", () => {
  const line = (name: string, start: number) =>
    JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  name,
                  startTimeUnixNano: `${start}500000000`,
                  endTimeUnixNano: `${start + 1}000000000`,
                  attributes: [
                    { key: "kind", value: { stringValue: "resource" } },
                    { key: "attachDebugger", value: { boolValue: false } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
  expect(spansOf(`${line("second", 7)}\n${line("first", 3)}\n`)).toEqual([
    { name: "first", start: 3.5, end: 4, attributes: { kind: "resource", attachDebugger: "" } },
    { name: "second", start: 7.5, end: 8, attributes: { kind: "resource", attachDebugger: "" } },
  ]);
});
