import { type Document, isAlias, isMap, parseDocument, type Tags, visit, type YAMLMap } from "yaml";

/** YAML that is edited and keeps everything else as it stood there. */

/** Numbers are written as they stood there: `0750` is not 750 to everybody. */
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

/** @param original its text before it was edited: indentation and line ends are that one's */
export function documentText(document: Document, original: string): string {
  const text = document.toString({
    lineWidth: 0,
    indent: indentationOf(original),
    flowCollectionPadding: !/\{[^ }]/.test(original),
  });
  return original.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text;
}

/** The spaces by which a file indents its first indented line; two where it has none. */
function indentationOf(text: string): number {
  return /^(?<spaces> +)[^ #\n]/m.exec(text)?.groups?.spaces?.length ?? 2;
}

/**
 * Where a mapping is shared, by an anchor and its aliases, puts a copy in the place of each alias and takes the anchor
 * away: an edit of one is then none of the others.
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
