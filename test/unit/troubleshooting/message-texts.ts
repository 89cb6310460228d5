import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { ExpressionTexts, each, hole } from "./expression-texts.ts";

/** The text of a message in the code, with `…` for the parts that are only known at run time. */
export interface MessageText {
  /** Its file: `infra/program/stack.ts`. */
  file: string;
  text: string;
}

export const repository = resolve(import.meta.dirname, "../../..");

/** Files whose functions return sentences about a server or a value. Every returned or listed text is a message. */
const judging = new Set([
  "infra/drift/main.ts",
  "infra/drift/wording.ts",
  "infra/config/ping-urls.ts",
  "infra/remotehost/provider/directory/plan.ts",
  "infra/remotehost/provider/file/plan.ts",
  "infra/requirements/judge-database.ts",
  "infra/requirements/judgement.ts",
  "infra/remotehost/provider/known-servers.ts",
  "infra/remotehost/provider/readiness/ownership.ts",
]);

/** Functions whose argument is a message that they show, or return to be shown. */
const telling =
  /^(lost|this\.#warn|log\.warn|console\.error|problem|context\.tell|unavailable|resolve|(\w+\.)?(problems|failures|errors|differences)\.push)$/;

/** Every error, finding, problem and warning of the repository's code that its syntax shows. */
export function messageTexts(): MessageText[] {
  const found = [...typeScriptTexts(), ...shellTexts()].filter(({ text }) => isSentence(text));
  return [...new Map(found.map((one) => [`${one.file}\n${one.text}`, one])).values()];
}

/** A single word is a kind or an option, and a few letters are too short to search for. */
const isSentence = (text: string): boolean =>
  /\S\s\S/.test(text) && text.replaceAll(/[^A-Za-z]/g, "").length >= 6;

function typeScriptTexts(): MessageText[] {
  const names = globSync("{infra,scripts}/**/*.ts", { cwd: repository }).map((name) =>
    join(repository, name),
  );
  const program = ts.createProgram(names, {
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noEmit: true,
    noLib: true,
    noResolve: true,
    types: [],
  });
  const files = names.flatMap((name) => program.getSourceFile(name) ?? []);
  const texts = new ExpressionTexts(program.getTypeChecker(), files);
  return files.flatMap((source) => {
    const file = source.fileName.slice(repository.length + 1);
    const found: MessageText[] = [];
    each(source, (node) => {
      const own = ts.isNewExpression(node) ? idOfClass(node.expression, texts) : null;
      for (const expression of messagesOf(node, file, texts))
        found.push(...texts.of(expression).map((text) => ({ file, text: withId(text, own) })));
    });
    return found;
  });
}

/** The id of an error, `DBK-LOCK-1`. It is at the end of the message, in brackets. */
const id = /\bDBK-[A-Z]+-\d+\b/;

/**
 * The id that a message ends with, or the first line of one that lists others below it; null without one. What is listed
 * may be known only when the program runs.
 */
export const idOf = (text: string): string | null =>
  new RegExp(`\\[(${id.source})\\](?:[.:]|:${hole})?\\s*$`).exec(text.split("\n")[0] ?? "")?.[1] ?? null;

/** Every id in the code. */
export function idsInCode(): string[] {
  const names = globSync("{infra,scripts}/**/*.{ts,mjs,cjs,sh}", { cwd: repository });
  const texts = names.map((name) => readFileSync(join(repository, name), "utf8"));
  return [...new Set(texts.flatMap((text) => text.match(new RegExp(id, "g")) ?? []))];
}

/** A message that quotes another one has that one's id, as `identified` does it. */
export const withId = (text: string, own: string | null): string =>
  own === null || id.test(text) ? text : `${text} [${own}]`;

/** The id that the constructor of an error class appends to each message; null if it appends none. */
function idOfClass(name: ts.Expression, texts: ExpressionTexts): string | null {
  const declared = texts.symbolOf(name)?.declarations?.find(ts.isClassDeclaration);
  let own: string | null = null;
  declared?.forEachChild((member) => {
    if (!ts.isConstructorDeclaration(member)) return;
    each(member, (node) => {
      const isSuper = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;
      if (isSuper) own ??= idOf(texts.of(node.arguments[0])[0] ?? "");
    });
  });
  return own;
}

/** The expressions of the messages that a node creates itself. */
function messagesOf(node: ts.Node, file: string, texts: ExpressionTexts): readonly ts.Expression[] {
  if (ts.isNewExpression(node) && isError(node.expression, texts)) {
    const given = [...(node.arguments ?? [])];
    // Its type demands an id.
    if (/^(Connect|Conflict|RemoteCommand|PulumiCli)Error$/.test(node.expression.getText())) return [];
    // The advice is another argument.
    if (node.expression.getText() === "DeploymentError") return given.slice(1, 2);
    return node.expression.getText() === "Interruption" ? given.slice(0, 1) : given;
  }
  if (ts.isCallExpression(node)) return toldBy(node, file, texts);
  return judging.has(file) ? judgedBy(node) : [];
}

function toldBy(node: ts.CallExpression, file: string, texts: ExpressionTexts): readonly ts.Expression[] {
  const { expression: callee, arguments: given } = node;
  if (callee.kind === ts.SyntaxKind.SuperKeyword) {
    const made = ts.findAncestor(node, ts.isClassDeclaration);
    return made?.name !== undefined && isError(made.name, texts) ? given : [];
  }
  const name = callee.getText();
  if (/^(critical|level|warning|unknown)$/.test(name))
    return file.startsWith("scripts/lib/status/") ? given.slice(0, 1) : [];
  if (/log\.(event|record)$/.test(name))
    return /"(warning|error)"/.test(given[0]?.getText() ?? "") ? given.slice(2) : [];
  if (name === "tell") return file.startsWith("infra/") ? given : [];
  if (name === "say") return file === "infra/drift/main.ts" ? given : [];
  if (name === "process.stderr.write") return file.startsWith("scripts/") ? given : [];
  return telling.test(name) ? given : [];
}

function judgedBy(node: ts.Node): readonly ts.Expression[] {
  if (ts.isReturnStatement(node)) return node.expression === undefined ? [] : [node.expression];
  if (ts.isArrayLiteralExpression(node)) return node.elements;
  return ts.isArrowFunction(node) && !ts.isBlock(node.body) ? [node.body] : [];
}

/** Whether a name is an error class of JavaScript or Pulumi, or one of ours. */
function isError(name: ts.Expression, texts: ExpressionTexts): boolean {
  if (/^(\w+\.)?(Error|TypeError|RangeError|RunError)$/.test(name.getText())) return true;
  const declared = texts.symbolOf(name)?.declarations?.find(ts.isClassDeclaration);
  const base = declared?.heritageClauses?.[0]?.types[0]?.expression;
  return base !== undefined && isError(base, texts);
}

/** The output of shell scripts on standard error, and the message for an old Node. */
function shellTexts(): MessageText[] {
  const files = globSync("{infra,scripts}/**/*.{sh,cjs}", { cwd: repository });
  return files.flatMap((file) =>
    readFileSync(join(repository, file), "utf8")
      .split("\n")
      .filter((line) => />&2|problems\+=|needs Node/.test(line))
      .flatMap((line) => [...line.matchAll(/"([^"]+)"|'([^']+)'|`(Node [^`]+)`/g)])
      .map(([, double, single, template]) => ({ file, text: withHoles(double ?? single ?? template ?? "") })),
  );
}

const withHoles = (text: string): string =>
  text.replaceAll(/\$\([^)]*\)|\$\{[^}]*\}|\$\w+|%[sq]/g, hole).replaceAll(/\\(?:n|`)/g, "");
