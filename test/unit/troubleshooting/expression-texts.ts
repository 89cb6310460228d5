import ts from "typescript";

/** A part that is only known at run time. */
export const hole = "…";

/** The most texts of one expression. With more, its alternatives are not distinguished. */
const manyAlternatives = 40;
/** The most steps from an expression to its text. Recursive functions end here. */
const deepest = 12;

/** Methods that only select or reorder the elements of an array. */
const arranging = new Set(["at", "concat", "filter", "find", "flatMap", "map", "trim"]);
/** Properties of an error that are not its message, such as the advice. */
const aside = new Set(["host", "next"]);

/** Finds the possible texts of expressions by following names to their values. */
export class ExpressionTexts {
  readonly #checker: ts.TypeChecker;
  /** Every call of a function in these files, for the values of its parameters. */
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

  /** The texts, with holes; empty if no part of the expression is fixed. */
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

  /** `identified(text, id)` appends the id unless the text quotes another one. */
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

  /** The arguments for a parameter, and its default. */
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
