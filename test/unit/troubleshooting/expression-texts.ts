import ts from "typescript";

/** What is only known when the program runs. */
export const hole = "…";

/** How many texts one expression may stand for before its alternatives are not told apart any more. */
const manyAlternatives = 40;
/** How many steps from an expression to its text are followed; recursive functions end here. */
const deepest = 12;

/** Methods that only choose or arrange what the array has. */
const arranging = new Set(["at", "concat", "filter", "find", "flatMap", "map", "trim"]);
/** Properties of an error's parts that are no message: who is meant, and what to do. */
const aside = new Set(["host", "next"]);

/** Finds the texts that expressions may stand for, by following names to what they were given. */
export class ExpressionTexts {
  readonly #checker: ts.TypeChecker;
  /** Every call of a function of these files, to find what its parameters are given. */
  readonly #calls = new Map<ts.Symbol, ts.CallExpression[]>();

  constructor(checker: ts.TypeChecker, files: readonly ts.SourceFile[]) {
    this.#checker = checker;
    for (const file of files) {
      each(file, (node) => {
        if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return;
        const symbol = this.symbolOf(node.expression);
        if (symbol !== undefined) this.#calls.set(symbol, [...(this.#calls.get(symbol) ?? []), node]);
      });
    }
  }

  symbolOf(node: ts.Node): ts.Symbol | undefined {
    const symbol = this.#checker.getSymbolAtLocation(node);
    const isImported = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return isImported ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  /** The texts, with holes; none where nothing of the expression is fixed. */
  of(node: ts.Expression | undefined, depth = 0): string[] {
    if (node === undefined || depth > deepest) return [];
    const inner = (one: ts.Expression | undefined) => this.of(one, depth + 1);
    if (ts.isStringLiteralLike(node)) return [node.text];
    if (ts.isParenthesizedExpression(node) || ts.isAwaitExpression(node) || ts.isSpreadElement(node))
      return inner(node.expression);
    if (ts.isTemplateExpression(node)) return this.#ofTemplate(node, depth);
    if (ts.isConditionalExpression(node))
      return [...orHole(inner(node.whenTrue)), ...orHole(inner(node.whenFalse))];
    if (ts.isBinaryExpression(node)) {
      const [left, right] = [orHole(inner(node.left)), orHole(inner(node.right))];
      return node.operatorToken.kind === ts.SyntaxKind.PlusToken ? joined(left, right) : [...left, ...right];
    }
    if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(inner);
    if (ts.isObjectLiteralExpression(node))
      return node.properties.flatMap((one) => this.#ofProperty(one, depth));
    if (ts.isArrowFunction(node)) return this.#returned(node, depth);
    if (ts.isIdentifier(node)) return this.#ofSymbol(this.symbolOf(node), depth);
    if (ts.isElementAccessExpression(node)) return inner(node.expression);
    if (ts.isCallExpression(node)) {
      const { expression: callee } = node;
      if (callee.getText() === "identified") return this.#ofIdentified(node, depth);
      if (!ts.isPropertyAccessExpression(callee)) return inner(callee);
      return arranging.has(callee.name.text)
        ? [...inner(callee.expression), ...node.arguments.flatMap(inner)]
        : [];
    }
    return [];
  }

  #ofTemplate(node: ts.TemplateExpression, depth: number): string[] {
    return node.templateSpans.reduce(
      (heads, { expression, literal }) => {
        const filling = ts.isCallExpression(expression) ? [hole] : orHole(this.of(expression, depth + 1));
        return joined(joined(heads, filling), [literal.text]);
      },
      [node.head.text],
    );
  }

  /** `identified(text, id)`: the id stands behind a text that quotes no other one. */
  #ofIdentified({ arguments: [text, id] }: ts.CallExpression, depth: number): string[] {
    const own = this.of(id, depth + 1)[0] ?? hole;
    return orHole(this.of(text, depth + 1)).map((one) => (one.includes("[DBK-") ? one : `${one} ${own}`));
  }

  #ofProperty(property: ts.ObjectLiteralElementLike, depth: number): string[] {
    if (aside.has(property.name?.getText() ?? "")) return [];
    if (ts.isPropertyAssignment(property)) return this.of(property.initializer, depth + 1);
    if (ts.isSpreadAssignment(property)) return this.of(property.expression, depth + 1);
    if (ts.isShorthandPropertyAssignment(property))
      return this.#ofSymbol(this.#checker.getShorthandAssignmentValueSymbol(property), depth);
    return [];
  }

  #ofSymbol(symbol: ts.Symbol | undefined, depth: number): string[] {
    const declared = symbol?.declarations?.[0];
    if (declared === undefined) return [];
    if (ts.isVariableDeclaration(declared)) return this.of(declared.initializer, depth + 1);
    if (ts.isFunctionDeclaration(declared)) return this.#returned(declared, depth);
    return ts.isParameter(declared) ? this.#given(declared, depth) : [];
  }

  #returned(made: ts.ArrowFunction | ts.FunctionDeclaration, depth: number): string[] {
    if (made.body === undefined) return [];
    if (!ts.isBlock(made.body)) return this.of(made.body, depth + 1);
    const returned: string[] = [];
    each(made.body, (node) => {
      if (ts.isReturnStatement(node)) returned.push(...this.of(node.expression, depth + 1));
    });
    return returned;
  }

  /** What the callers of a function give for a parameter, and what it is without them. */
  #given(parameter: ts.ParameterDeclaration, depth: number): string[] {
    const { parent: made } = parameter;
    const owner = ts.isFunctionDeclaration(made) ? made : made.parent;
    const isNamed = ts.isFunctionDeclaration(owner) || ts.isVariableDeclaration(owner);
    const symbol = isNamed && owner.name !== undefined ? this.symbolOf(owner.name) : undefined;
    const index = made.parameters.indexOf(parameter);
    const calls = symbol === undefined ? [] : (this.#calls.get(symbol) ?? []);
    const given = [parameter.initializer, ...calls.map((call) => call.arguments[index])];
    return given.flatMap((one) => this.of(one, depth + 1));
  }
}

/** Visits a node and everything below it. */
export function each(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => each(child, visit));
}

const orHole = (texts: readonly string[]): string[] => (texts.length === 0 ? [hole] : [...new Set(texts)]);

function joined(heads: readonly string[], tails: readonly string[]): string[] {
  const ends = heads.length * tails.length > manyAlternatives ? [hole] : tails;
  return heads.flatMap((head) => ends.map((tail) => head + tail));
}
