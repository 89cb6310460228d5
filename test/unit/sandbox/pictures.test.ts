import { expect, test } from "vitest";
import { type Run, screenOf } from "../../sandbox/pictures/screen.ts";
import { svgOf } from "../../sandbox/pictures/svg.ts";

const run = (text: string, look: Partial<Run> = {}): Run => ({
  text,
  colour: null,
  bold: false,
  dim: false,
  ...look,
});

test("colours last until they are taken back", () => {
  expect(screenOf("a \u001b[32mok\u001b[0m b\r\n\u001b[1mhead\u001b[0m")).toEqual([
    [run("a "), run("ok", { colour: "green" }), run(" b")],
    [run("head", { bold: true })],
  ]);
});

test("a line that was written over shows what came last", () => {
  expect(screenOf("\r\u001b[K1 MB written \r\u001b[K20 MB written \r\u001b[Kdone\r\n\r\n")).toEqual([
    [run("done")],
  ]);
  expect(screenOf("12345\rab")).toEqual([[run("ab345")]]);
  expect(screenOf("\u001b[1G\u001b[0JGo on: \u001b[8Gyes\u001b[11G")).toEqual([[run("Go on: yes")]]);
  expect(screenOf("\u001b[3Gx")).toEqual([[run("  x")]]);
});

test("what no terminal of ours prints is an error and no picture", () => {
  expect(() => screenOf("\u001b[2J")).toThrow("ESC[2J");
  expect(() => screenOf("\u001b[95mx")).toThrow("colour 95");
});

test("a picture has every character at its place, and nothing of another file", () => {
  const svg = svgOf("a <b>", [[run("  <&> "), run("ok", { colour: "green", bold: true })], [], [run("→")]]);
  expect(svg).toContain("<title>a &lt;b&gt;</title>");
  expect(svg).toContain('x="32" y="29" textLength="24">&lt;&amp;&gt;</text>');
  expect(svg).toContain('<text class="green bold" x="64" y="29" textLength="16">ok</text>');
  expect(svg).toContain('x="16" y="65" textLength="8">→</text>');
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/href|url\(|https?:/);
});
