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
  expect(screenOf("a \u001b[32mok\u001b[0m b\r\n\u001b[1mhead\u001b[0m", 80)).toEqual([
    [run("a "), run("ok", { colour: "green" }), run(" b")],
    [run("head", { bold: true })],
  ]);
});

test("a line that was written over shows what came last", () => {
  expect(screenOf("\r\u001b[K1 MB written \r\u001b[K20 MB written \r\u001b[Kdone\r\n\r\n", 80)).toEqual([
    [run("done")],
  ]);
  expect(screenOf("12345\rab", 80)).toEqual([[run("ab345")]]);
  expect(screenOf("\u001b[1G\u001b[0JGo on: \u001b[8Gyes\u001b[11G", 80)).toEqual([[run("Go on: yes")]]);
  expect(screenOf("\u001b[3Gx", 80)).toEqual([[run("  x")]]);
});

test("a line that is longer than the screen goes on in the next one", () => {
  expect(screenOf("\u001b[31mabcd\u001b[0me\r\nf", 3)).toEqual([
    [run("abc", { colour: "red" })],
    [run("d", { colour: "red" }), run("e")],
    [run("f")],
  ]);
  expect(screenOf("abc\r\nd", 3)).toEqual([[run("abc")], [run("d")]]);
});

test("what no terminal of ours prints is an error and no picture", () => {
  expect(() => screenOf("\u001b[2J", 80)).toThrow("ESC[2J");
  expect(() => screenOf("\u001b[95mx", 80)).toThrow("colour 95");
});

test("a picture has every character at its place, and nothing of another file", () => {
  const svg = svgOf("a <b>", [
    [run("  <&> "), run("ok", { colour: "green", bold: true })],
    [],
    [run("→  a b")],
  ]);
  expect(svg).toContain("<title>a &lt;b&gt;</title>");
  expect(svg).toContain('x="32" y="29" textLength="24">&lt;&amp;&gt;</text>');
  expect(svg).toContain('<text class="green bold" x="64" y="29" textLength="16">ok</text>');
  expect(svg).toContain('x="16" y="65" textLength="8">→</text>');
  expect(svg).toContain('x="40" y="65" textLength="24">a b</text>');
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/href|url\(|https?:/);
});
