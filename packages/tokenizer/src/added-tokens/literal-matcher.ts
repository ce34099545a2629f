/**
 * Finds the leftmost, then longest, of a set of literal strings: a trie over UTF-16 units, entered only at positions
 * that a character-class search finds. Linear for the sets met in practice (tokens share few prefixes).
 */
interface TrieNode {
  readonly children: Map<number, TrieNode>;
  /** Index of the literal that ends here, or −1. */
  literal: number;
}

export interface LiteralMatch {
  readonly literal: number;
  readonly start: number;
  readonly end: number;
}

export class LiteralMatcher {
  readonly #root: TrieNode = { children: new Map(), literal: -1 };
  readonly #firstUnit: RegExp | undefined;

  /** Empty literals never match. */
  constructor(literals: readonly string[]) {
    literals.forEach((literal, index) => this.#insert(literal, index));
    const units = [...this.#root.children.keys()];
    this.#firstUnit =
      units.length === 0 ? undefined : new RegExp(`[${units.map(escapeUnit).join('')}]`, 'g');
  }

  #insert(literal: string, index: number): void {
    if (literal === '') return;
    let node = this.#root;
    for (let i = 0; i < literal.length; i++) {
      const unit = literal.charCodeAt(i);
      let child = node.children.get(unit);
      if (child === undefined)
        node.children.set(unit, (child = { children: new Map(), literal: -1 }));
      node = child;
    }
    node.literal = index;
  }

  /** The first match that starts at or after `from`. */
  find(text: string, from: number): LiteralMatch | undefined {
    const firstUnit = this.#firstUnit;
    if (firstUnit === undefined) return undefined;
    firstUnit.lastIndex = from;
    for (let hit = firstUnit.exec(text); hit !== null; hit = firstUnit.exec(text)) {
      const match = this.#matchAt(text, hit.index);
      if (match !== undefined) return match;
    }
    return undefined;
  }

  #matchAt(text: string, start: number): LiteralMatch | undefined {
    let best: LiteralMatch | undefined;
    let node: TrieNode | undefined = this.#root;
    for (let i = start; node !== undefined; i++) {
      if (node.literal >= 0) best = { literal: node.literal, start, end: i };
      node = i < text.length ? node.children.get(text.charCodeAt(i)) : undefined;
    }
    return best;
  }
}

/** The regular expression works on UTF-16 units (no `u` flag), so every unit is written as an escape. */
function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
