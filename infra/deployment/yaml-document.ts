import { type Document, isAlias, isMap, parseDocument, type Tags, visit, type YAMLMap } from "yaml";

/** Edits YAML without changing the rest of its text. */

/** Keeps the spelling of numbers: some YAML parsers read `0750` as octal. */
const asWritten = (tags: Tags): Tags =>
  tags.map((tag) => {
    if (typeof tag === "string" || tag.collection !== undefined || !/:(int|float)$/.test(tag.tag)) return tag;
    const { stringify } = tag;
    return {
      ...tag,
      stringify: (item, ...more) => item.source ?? stringify?.(item, ...more) ?? String(item.value),
    };
  });

export const parseText = (text: string): Document =>
  parseDocument(text.replaceAll("\r\n", "\n"), { customTags: asWritten });

/** @param original the text before the edit, for its indentation and line ends */
export function documentText(document: Document, original: string): string {
  const text = document.toString({
    lineWidth: 0,
    indent: indentationOf(original),
    flowCollectionPadding: !/\{[^ }]/.test(original),
  });
  return original.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text;
}

/** The indentation of the first indented line, in spaces; 2 if no line is indented. */
function indentationOf(text: string): number {
  return /^(?<spaces> +)[^ #\n]/m.exec(text)?.groups?.spaces?.length ?? 2;
}

/**
 * If a mapping has an anchor, replaces each alias by a copy and removes the anchor. Then an edit of the mapping does
 * not change its other places.
 * @param node the mapping, or one of its aliases
 */
export function partShared(document: Document, node: unknown): void {
  const shared = isAlias(node) ? node.resolve(document) : node;
  if (!isMap(shared) || shared.anchor === undefined) return;
  const { anchor } = shared;
  delete shared.anchor;
  visit(document, {
    Alias: (_, alias) => (alias.source === anchor ? (shared.clone() as YAMLMap) : undefined),
  });
}
