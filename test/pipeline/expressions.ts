/** The contexts of a workflow's expressions, by name. */
export type Contexts = Record<string, unknown>;

const token =
  /\s*(?:(==|!=|&&|\|\||[!(),])|'((?:[^']|'')*)'|(\d+(?:\.\d+)?)|([A-Za-z_][\w-]*(?:\.[\w-]+)*))/y;

/**
 * A text of a workflow with each `${{ … }}` in it replaced; one that is nothing but an expression keeps its value's
 * type.
 */
export function evaluated(text: string, contexts: Contexts): unknown {
  const whole = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text.trim())?.[1];
  if (whole !== undefined) return evaluate(whole, contexts);
  return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, inner: string) => written(evaluate(inner, contexts)));
}

/** As in `if:`, where `${{ }}` may be left out. */
export function condition(text: string, contexts: Contexts): boolean {
  return truthy(text.includes("${{") ? evaluated(text, contexts) : evaluate(text, contexts));
}

/**
 * The part of GitHub's expressions that the workflows use: properties, texts, numbers, `!`, `==`, `!=`, `&&`, `||`,
 * parentheses, fromJSON() and cancelled(). @throws on anything else, so that no workflow goes beyond it unseen.
 */
export function evaluate(expression: string, contexts: Contexts): unknown {
  const tokens = tokensOf(expression);
  let at = 0;
  const peek = () => tokens[at];
  const next = () => {
    const found = tokens[at++];
    if (found === undefined) throw new Error(`The expression ends too early: ${expression}`);
    return found;
  };
  const expect = (kind: string) => {
    const found = next();
    if (found.kind !== kind) throw new Error(`${kind} expected instead of ${found.text}: ${expression}`);
  };

  const either = (): unknown => {
    let left = both();
    while (peek()?.kind === "||") {
      next();
      const right = both();
      left = truthy(left) ? left : right;
    }
    return left;
  };
  const both = (): unknown => {
    let left = comparison();
    while (peek()?.kind === "&&") {
      next();
      const right = comparison();
      left = truthy(left) ? right : left;
    }
    return left;
  };
  const comparison = (): unknown => {
    const left = single();
    const operator = peek()?.kind;
    if (operator !== "==" && operator !== "!=") return left;
    next();
    const same = written(left) === written(single());
    return operator === "==" ? same : !same;
  };
  const single = (): unknown => {
    const { kind, text } = next();
    if (kind === "!") return !truthy(single());
    if (kind === "text") return text;
    if (kind === "number") return Number(text);
    if (kind === "(") {
      const inner = either();
      expect(")");
      return inner;
    }
    if (kind !== "name") throw new Error(`${text} is not understood here: ${expression}`);
    if (peek()?.kind === "(") return call(text);
    return property(text, contexts);
  };
  const call = (name: string): unknown => {
    expect("(");
    const argument = peek()?.kind === ")" ? undefined : either();
    expect(")");
    if (name === "cancelled") return false;
    if (name === "fromJSON") return JSON.parse(written(argument));
    throw new Error(`The function ${name}() is not known to these tests`);
  };

  const value = either();
  if (at < tokens.length) throw new Error(`Something is left over behind: ${expression}`);
  return value;
}

interface Token {
  kind: string;
  text: string;
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  const end = expression.trimEnd().length;
  for (token.lastIndex = 0; token.lastIndex < end; ) {
    const found = token.exec(expression);
    if (!found) throw new Error(`Not understood: ${expression}`);
    const [, operator, text, number, name] = found;
    if (operator !== undefined) tokens.push({ kind: operator, text: operator });
    else if (text !== undefined) tokens.push({ kind: "text", text: text.replaceAll("''", "'") });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else tokens.push({ kind: "name", text: name ?? "" });
  }
  return tokens;
}

function property(path: string, contexts: Contexts): unknown {
  const [context = "", ...names] = path.split(".");
  if (!(context in contexts)) throw new Error(`There is no context ${context} here: ${path}`);
  return names.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined,
    contexts[context],
  );
}

function truthy(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== "";
}

/** A missing value is the empty text. */
function written(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
