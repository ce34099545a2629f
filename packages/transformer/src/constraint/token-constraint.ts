// A grammar over the tokens of a vocabulary: which may come next, and how near a whole text each leads.
import { GrammarError, type Grammar } from './expression.ts';
import { buildGraph } from './graph.ts';
import { leastBytes } from './least-bytes.ts';
import { DEAD, Pushdown } from './pushdown.ts';
import { buildTrie, type TokenTrie } from './token-trie.ts';

/** The bytes that each token stands for inside a text; undefined for special tokens. `tokenBytes` of
 *  @llm/tokenizer makes it. */
export type VocabularyBytes = readonly (Uint8Array | undefined)[];

/** In `costs`: the token may not come. */
export const FORBIDDEN = 0xffff;
const LARGEST_COST = FORBIDDEN - 1;

/** Costs of so many states are kept: two bytes for each token of the vocabulary. */
const KEPT_STATES = 512;

export class TokenConstraint {
  readonly #automaton: Pushdown;
  readonly #trie: TokenTrie;
  readonly #vocabulary: VocabularyBytes;
  /** Insertion order is order of use: the first is the one used longest ago. */
  readonly #costs = new Map<number, Uint16Array>();

  /** @throws GrammarError if no text matches that single-byte tokens can spell */
  constructor(grammar: Grammar, vocabulary: VocabularyBytes, trie = buildTrie(vocabulary)) {
    const graph = buildGraph(grammar);
    const singles = new Set<number>();
    for (const bytes of vocabulary) if (bytes?.length === 1) singles.add(bytes[0]!);
    const least = leastBytes(graph, (byte) => singles.has(byte));
    if (least[graph.root] === Infinity) {
      throw new GrammarError(
        'grammar: expected a text that tokens of one byte can spell, got none. Check for a rule without an end, and the vocabulary.',
      );
    }
    this.#automaton = new Pushdown(graph, least);
    this.#trie = trie;
    this.#vocabulary = vocabulary;
  }

  /** Fewest tokens that surely make a whole text. */
  get leastTokens(): number {
    return this.#automaton.leastBytes(this.#automaton.start);
  }

  /** The state after some tokens of a text. @throws GrammarError if it cannot begin so */
  stateAfter(tokens: readonly number[]): number {
    let state = this.#automaton.start;
    for (const [i, token] of tokens.entries()) {
      const bytes = this.#vocabulary[token];
      state = bytes === undefined ? DEAD : this.#automaton.walk(state, bytes);
      if (state !== DEAD) continue;
      throw new GrammarError(
        `constraint: tokens[${i}]: expected a token that may follow, got ${token}. Only tokens with a cost may be written.`,
      );
    }
    return state;
  }

  /** Whether the text is whole. */
  isAccepting(state: number): boolean {
    return this.#automaton.isAccepting(state);
  }

  /** Whether the text is whole and nothing may follow. */
  isFinal(state: number): boolean {
    return this.#automaton.isFinal(state);
  }

  /** Of each token, at most how many tokens a whole text still needs after it, or FORBIDDEN. Do not change it. */
  costs(state: number): Uint16Array {
    const known = this.#costs.get(state);
    if (known !== undefined) {
      this.#costs.delete(state);
      this.#costs.set(state, known);
      return known;
    }
    const costs = this.#walk(state);
    this.#costs.set(state, costs);
    if (this.#costs.size > KEPT_STATES) this.#costs.delete(this.#costs.keys().next().value!);
    return costs;
  }

  /** Visits the tree of tokens, leaving out branches that no text goes along. */
  #walk(state: number): Uint16Array {
    const { bytes, depths, ends, starts, tokens, maxDepth, vocabSize } = this.#trie;
    const automaton = this.#automaton;
    const costs = new Uint16Array(vocabSize).fill(FORBIDDEN);
    const path = new Int32Array(maxDepth + 1); // the state at each depth
    path[0] = state;
    for (let node = 0; node < bytes.length;) {
      const depth = depths[node]!;
      const next = automaton.step(path[depth - 1]!, bytes[node]!);
      if (next === DEAD) {
        node = ends[node]!;
        continue;
      }
      path[depth] = next;
      const last = starts[node + 1]!;
      for (let i = starts[node]!; i < last; i++)
        costs[tokens[i]!] = Math.min(automaton.leastBytes(next), LARGEST_COST);
      node += 1;
    }
    return costs;
  }
}
