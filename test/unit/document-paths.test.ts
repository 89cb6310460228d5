import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const repository = resolve(import.meta.dirname, "../..");
const documents = [
  "README.md",
  ...readdirSync(join(repository, "docs")).map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"));

/** The targets of a document's links, with their headings. */
const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, target = ""]) => target);

/** The repository's paths in a document's code. Of a path with an asterisk it is the directory. */
const pathsOf = (text: string): string[] =>
  [...text.matchAll(/`((?:infra|scripts|test|docs|\.github)\/[\w./*-]*)`/g)].map(([, path = ""]) =>
    path.replace(/[^/]*\*.*$/, ""),
  );

/** The anchor of a heading on GitHub and GitLab. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

const anchorsOf = (path: string): string[] =>
  [...readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

describe.each(documents)("%s", (name) => {
  const text = readFileSync(join(repository, name), "utf8");

  test("names only files of the repository that there are", () => {
    expect(pathsOf(text).filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });

  test("has no link that leads nowhere", () => {
    const broken = linksOf(text).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(repository, name) : join(repository, dirname(name), path);
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});
