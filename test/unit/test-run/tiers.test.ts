import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../infra/local-machine/places.ts";
import { chosenForRest, later, usualWords, workers } from "../../tiers.ts";

test("each file that is for later is there, once, with its time and what is tested instead", () => {
  const files = later.map(({ file }) => file);
  expect(files.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
  expect(new Set(files).size).toBe(files.length);
  expect(later.filter(({ seconds, instead }) => seconds < 1 || instead.length < 20)).toEqual([]);
});

test("a usual run leaves out what is for later, unless files are named", () => {
  const left = later.map(({ file }) => `--exclude=${file}`);
  expect(usualWords([])).toEqual(left);
  expect(usualWords(["-t", "name"])).toEqual(["-t", "name", ...left]);
  expect(usualWords(["-t", "test/e2e"])).toEqual(["-t", "test/e2e", ...left]);
  for (const named of ["test/e2e", "drift", "alerts"])
    expect(usualWords(["-t", "x", named])).toEqual(["-t", "x", named]);
});

test("of the rest as much is chosen as has time", () => {
  const files = Array.from({ length: 40 }, (_, n) => ({ file: String(n), seconds: 30, instead: "" }));
  const fit = Math.floor((100 * workers) / 30);
  const chosen = chosenForRest(100, files);
  expect(chosen).toHaveLength(fit);
  expect(new Set(chosen).size).toBe(fit);
  expect(chosenForRest(100, files)).toEqual(chosen);
  expect(chosenForRest(29, files)).toEqual([]);
  expect(chosenForRest(40 * 30, files)).toHaveLength(40);
  const [first = ""] = chosen;
  expect(chosenForRest(100, [...files, { file: "long", seconds: 101, instead: "" }])).not.toContain("long");
  expect(first).not.toBe("");
});
