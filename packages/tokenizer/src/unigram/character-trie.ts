/**
 * The pieces as a trie over code points, put in when text that begins as they do first comes: a short text needs few of
 * them. A first character, and two of ASCII, have tables of their own; further steps are probes of a table of (node,
 * character) → node.
 */
import type { RawTokens } from '../bpe/raw-tokens.ts';
import { characterAt, characterLength } from '../unicode/utf8.ts';

/** Fields of an edge. */
const STRIDE = 3;
/** Of the tables by beginning: there are pieces, not put in yet. */
const PENDING = -1;
/** Pieces that begin with two ASCII characters are listed behind those that begin with another character. */
const PAIRS = 1 << 16;
const ALL = PAIRS + (1 << 14);

export class CharacterTrie {
  /** Where the piece ends that `longest` found. */
  matchEnd = 0;
  readonly #tokens: RawTokens;
  /** Node, character, child; node 0, the root, has those of characters beyond U+FFFF. */
  #edges = new Int32Array(STRIDE << 12);
  #mask = (1 << 12) - 1;
  /** By node: the piece that ends there + 1, doubled, and 1 where longer ones go on. */
  #nodes = new Int32Array(1 << 12);
  #count = 1;
  /** By first character, or from `PAIRS` on by the first two of ASCII: their node, 0, or `PENDING`. */
  readonly #roots = new Int32Array(ALL);
  /** The same: the last piece that begins so + 1, and for each piece the one before it + 1. */
  readonly #last = new Int32Array(ALL);
  readonly #previous: Int32Array;

  /** Of equal pieces the last counts. @param tokens a hole begins at −1 */
  constructor(tokens: RawTokens) {
    const { bytes, starts, ends } = tokens;
    this.#tokens = tokens;
    this.#previous = new Int32Array(starts.length);
    for (let id = 0; id < starts.length; id++) {
      const start = starts[id] as number;
      const length = (ends[id] as number) - start;
      if (start < 0 || length === 0) continue;
      const first = characterAt(bytes, start);
      if (first > 0xffff) {
        this.#insert(id, 0, start);
        continue;
      }
      const second = length > 1 ? (bytes[start + 1] as number) : 0x80;
      const key = first < 0x80 && second < 0x80 ? PAIRS + ((first << 7) | second) : first;
      this.#previous[id] = this.#last[key] as number;
      this.#last[key] = id + 1;
      this.#roots[key] = PENDING;
    }
  }

  /** The node of a first character, or 0. Of ASCII: for pieces of one character, or whose second is not ASCII. */
  first(character: number): number {
    if (character > 0xffff) return this.#find(0, character);
    const node = this.#roots[character] as number;
    return node === PENDING ? this.#open(character) : node;
  }

  /** The node of two ASCII characters, or 0. */
  pair(first: number, second: number): number {
    const key = PAIRS + ((first << 7) | second);
    const node = this.#roots[key] as number;
    return node === PENDING ? this.#open(key) : node;
  }

  /** The node behind `node` and a character, or 0. */
  child(node: number, character: number): number {
    return ((this.#nodes[node] as number) & 1) === 0 ? 0 : this.#find(node, character);
  }

  /** The piece that ends at a node, or −1. */
  idAt(node: number): number {
    return ((this.#nodes[node] as number) >> 1) - 1;
  }

  /** The longest piece that begins at `start`, or −1. */
  longest(bytes: Uint8Array, start: number, end: number): number {
    const first = characterAt(bytes, start);
    let i = start + characterLength(bytes[start] as number);
    let node = this.first(first);
    let found = node > 0 ? this.idAt(node) : -1;
    this.matchEnd = i;
    if (i >= end) return found;
    const second = characterAt(bytes, i);
    if (first < 0x80 && second < 0x80) node = this.pair(first, second);
    else if (node > 0) node = this.child(node, second);
    while (node > 0) {
      i += characterLength(bytes[i] as number);
      const id = this.idAt(node);
      if (id >= 0) {
        found = id;
        this.matchEnd = i;
      }
      if (i >= end) break;
      node = this.child(node, characterAt(bytes, i));
    }
    return found;
  }

  #find(node: number, character: number): number {
    const edges = this.#edges;
    const mask = this.#mask;
    let slot = hashEdge(node, character) & mask;
    for (;;) {
      const offset = slot * STRIDE;
      const child = edges[offset + 2] as number;
      if (child === 0) return 0;
      if (edges[offset] === node && edges[offset + 1] === character) return child;
      slot = (slot + 1) & mask;
    }
  }

  #open(key: number): number {
    const { bytes, starts } = this.#tokens;
    const node = (this.#roots[key] = this.#newNode());
    for (let listed = this.#last[key] as number; listed > 0;) {
      const id = listed - 1;
      const start = starts[id] as number;
      const begins = key < PAIRS ? characterLength(bytes[start] as number) : 2;
      this.#insert(id, node, start + begins);
      listed = this.#previous[id] as number;
    }
    return node;
  }

  /** Puts in what of a piece lies from `from` on, below `node`. */
  #insert(id: number, node: number, from: number): void {
    const { bytes, ends } = this.#tokens;
    const end = ends[id] as number;
    for (let i = from; i < end; i += characterLength(bytes[i] as number))
      node = this.#childOrNew(node, characterAt(bytes, i));
    // Where pieces come from the last to the first, a later one is there already.
    const isTaken = (this.#nodes[node] as number) >> 1 > id;
    if (!isTaken) this.#nodes[node] = ((id + 1) << 1) | ((this.#nodes[node] as number) & 1);
  }

  #childOrNew(node: number, character: number): number {
    const found = this.#find(node, character);
    if (found > 0) return found;
    const child = this.#newNode();
    this.#nodes[node] = (this.#nodes[node] as number) | 1;
    if (this.#count * 2 > this.#mask) this.#growEdges();
    place(this.#edges, this.#mask, node, character, child);
    return child;
  }

  #newNode(): number {
    if (this.#count === this.#nodes.length) {
      const nodes = new Int32Array(this.#count * 2);
      nodes.set(this.#nodes);
      this.#nodes = nodes;
    }
    return this.#count++;
  }

  #growEdges(): void {
    const old = this.#edges;
    this.#mask = this.#mask * 2 + 1;
    this.#edges = new Int32Array(old.length * 2);
    for (let i = 0; i < old.length; i += STRIDE) {
      const [node, character, child] = [old[i], old[i + 1], old[i + 2]] as [number, number, number];
      if (child !== 0) place(this.#edges, this.#mask, node, character, child);
    }
  }
}

function place(
  edges: Int32Array,
  mask: number,
  node: number,
  character: number,
  child: number,
): void {
  let slot = hashEdge(node, character) & mask;
  while (edges[slot * STRIDE + 2] !== 0) slot = (slot + 1) & mask;
  edges[slot * STRIDE] = node;
  edges[slot * STRIDE + 1] = character;
  edges[slot * STRIDE + 2] = child;
}

function hashEdge(node: number, character: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(character, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
