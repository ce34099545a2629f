/**
 * The tokens that merges make, as a trie over bytes, to find the longest one at a place. The tokens that begin with the
 * same two bytes are put in when such bytes are first met: a short text needs few of them.
 *
 * The first two bytes, and the first three of a three-byte character, have tables of their own; further steps are probes
 * of a table of (node, byte) → node.
 */
import type { RawTokens } from './raw-tokens.ts';
import type { MergeTable } from './merge-table.ts';
import type { TokenSplits } from './token-splits.ts';

/** Ids are below 2²². */
const TOKEN_BITS = 23;
const TOKEN_MASK = (1 << TOKEN_BITS) - 1;
/** No key is 0. */
const EMPTY = 0;
/** In `#two`: there are tokens, not put in yet. */
const PENDING = -1;
/** What stands for a parent in the keys of nodes that have none. */
const ROOT = -1;
/** A key that nobody looks for. */
const TAKEN = -257;

export class TokenTrie {
  readonly #tokens: RawTokens;
  readonly #splits: TokenSplits;
  /**
   * Nodes, each at the place that the hash of its key gives: pairs of key, which is parent · 256 + byte, and value, which
   * is the longest token on the way to the node + 1, and above it bits for the bytes of its children, so that most that
   * are not there are not looked for. A step touches one cache line. Place 0 is taken, for 0 says that there is no node.
   */
  readonly #nodes: Int32Array;
  readonly #mask: number;
  readonly #one = new Int32Array(256);
  readonly #two = new Int32Array(1 << 16);
  readonly #three = new Int32Array(1 << 16);
  /** Longest token that is a proper prefix of each token, or −1. */
  readonly #shorter: Int32Array;
  /** Node of each token. */
  readonly #ends: Int32Array;
  /** Tokens by their first two bytes, in the order of their merges: the first + 1, and the next + 1 after each. */
  readonly #first = new Int32Array(1 << 16);
  readonly #next: Int32Array;

  /** @param bases the symbols that merging starts from */
  constructor(table: MergeTable, splits: TokenSplits, tokens: RawTokens, bases: readonly number[]) {
    const size = tokens.starts.length;
    this.#tokens = tokens;
    this.#splits = splits;
    this.#shorter = new Int32Array(size).fill(-1);
    this.#ends = new Int32Array(size);
    this.#next = new Int32Array(size);
    const bound = nodeBound(table, splits, bases);
    const capacity = 1 << (32 - Math.clz32(Math.floor(bound * 1.4)));
    this.#nodes = new Int32Array(capacity * 2);
    this.#nodes[0] = TAKEN;
    this.#mask = capacity - 1;
    this.#listTokens(table.list, bases);
  }

  /** The longest token that is a proper prefix of `token`, or −1. */
  shorter(token: number): number {
    return this.#shorter[token] as number;
  }

  /** The longest token that begins at `start`, or −1. */
  longest(bytes: Uint8Array, start: number, end: number): number {
    const nodes = this.#nodes;
    const mask = this.#mask;
    const first = bytes[start] as number;
    let i = start + 1;
    if (i >= end) return this.#tokenAt(this.#one[first] as number);
    const second = bytes[i] as number;
    let node = this.#two[(first << 8) | second] as number;
    if (node === PENDING) node = this.#open((first << 8) | second);
    if (node === 0) return this.#tokenAt(this.#one[first] as number);
    i++;
    if (first >= 0xe0 && first < 0xf0 && i < end) {
      const three = this.#three[threeBytes(first, second, bytes[i] as number)] as number;
      if (three === 0) return this.#tokenAt(node);
      node = three;
      i++;
    }
    let value = nodes[node * 2 + 1] as number;
    while (i < end && (value & childBit(bytes[i] as number)) !== 0) {
      const key = (node << 8) | (bytes[i] as number);
      let slot = hashKey(key) & mask;
      let found = nodes[slot * 2];
      while (found !== key && found !== EMPTY) {
        slot = (slot + 1) & mask;
        found = nodes[slot * 2];
      }
      if (found === EMPTY) break;
      node = slot;
      value = nodes[slot * 2 + 1] as number;
      i++;
    }
    return (value & TOKEN_MASK) - 1;
  }

  /** The longest token on the way to a node, or −1; also of no node. */
  #tokenAt(node: number): number {
    return ((this.#nodes[node * 2 + 1] as number) & TOKEN_MASK) - 1;
  }

  #child(node: number, byte: number): number {
    const slot = this.#locate((node << 8) | byte);
    return this.#nodes[slot * 2] === EMPTY ? -1 : slot;
  }

  /** Place of the node of a key, or the empty one where it belongs. */
  #locate(key: number): number {
    const nodes = this.#nodes;
    let slot = hashKey(key) & this.#mask;
    while (nodes[slot * 2] !== key && nodes[slot * 2] !== EMPTY) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #place(parent: number, byte: number, value: number): number {
    const key = (parent << 8) | byte;
    const slot = this.#locate(key);
    this.#nodes[slot * 2] = key;
    this.#nodes[slot * 2 + 1] = value;
    return slot;
  }

  /** Single bytes are put in at once; the others are listed, the last merge first, as each goes to the front. */
  #listTokens(list: Int32Array, bases: readonly number[]): void {
    for (let i = list.length - 3; i >= 0; i -= 3) {
      const id = list[i + 2] as number;
      if (this.#splits.rank(id) * 3 === i) this.#listToken(id);
    }
    for (const id of bases) {
      if (this.#splits.lengthOf(id) > 1) this.#listToken(id);
      else {
        const byte = this.#tokens.bytes[this.#tokens.starts[id] as number] as number;
        this.#one[byte] = this.#ends[id] = this.#place(ROOT, byte, id + 1);
      }
    }
  }

  #listToken(id: number): void {
    const { bytes, starts } = this.#tokens;
    const start = starts[id] as number;
    const key = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
    this.#next[id] = this.#first[key] as number;
    this.#first[key] = id + 1;
    this.#two[key] = PENDING;
  }

  /** Puts in the tokens that begin with two bytes, the shortest first; returns the node of the two. */
  #open(key: number): number {
    const firstByte = key >> 8;
    const root = this.#one[firstByte] || (this.#one[firstByte] = this.#place(ROOT, firstByte, 0));
    const two = this.#addTo(root, key & 0xff);
    this.#two[key] = two;
    const ids: number[] = [];
    for (let listed = this.#first[key] as number; listed > 0;) {
      ids.push(listed - 1);
      listed = this.#next[listed - 1] as number;
    }
    ids.sort((a, b) => this.#splits.lengthOf(a) - this.#splits.lengthOf(b));
    for (const id of ids) this.#insert(id, two);
    return two;
  }

  /** `two` is the node of its first two bytes. All tokens that begin it are in; so the nodes it makes are final. */
  #insert(id: number, two: number): void {
    const splits = this.#splits;
    const { bytes, starts } = this.#tokens;
    const start = starts[id] as number;
    const end = start + splits.lengthOf(id);
    const left = splits.left(id);
    // Its left part may be longer than two bytes, and in.
    const isIn = left >= 0 && splits.lengthOf(left) > 2;
    let node = isIn ? (this.#ends[left] as number) : two;
    let before = this.#tokenAt(two);
    for (let i = start + (isIn ? splits.lengthOf(left) : 2); i < end; i++) {
      const byte = bytes[i] as number;
      before = this.#tokenAt(node);
      let next = this.#child(node, byte);
      if (next < 0) next = this.#add(node, byte, bytes, start, i);
      node = next;
    }
    this.#shorter[id] = before;
    this.#nodes[node * 2 + 1] = (id + 1) | ((this.#nodes[node * 2 + 1] as number) & ~TOKEN_MASK);
    this.#ends[id] = node;
  }

  #add(parent: number, byte: number, bytes: Uint8Array, start: number, i: number): number {
    const node = this.#addTo(parent, byte);
    const first = bytes[start] as number;
    if (i === start + 2 && first >= 0xe0 && first < 0xf0)
      this.#three[threeBytes(first, bytes[start + 1] as number, byte)] = node;
    return node;
  }

  /** A child whose longest token is that of its parent. */
  #addTo(parent: number, byte: number): number {
    const value = this.#nodes[parent * 2 + 1] as number;
    this.#nodes[parent * 2 + 1] = value | childBit(byte);
    return this.#place(parent, byte, value & TOKEN_MASK);
  }
}

/** A token adds as many nodes as its right part has bytes, at most; and each two bytes one more. */
function nodeBound({ list }: MergeTable, splits: TokenSplits, bases: readonly number[]): number {
  let nodes = 1024;
  for (const id of bases) nodes += splits.lengthOf(id);
  for (let i = 1; i < list.length; i += 3) nodes += splits.lengthOf(list[i] as number) + 1;
  return nodes;
}

function threeBytes(first: number, second: number, third: number): number {
  return ((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
}

/** One of eight bits for the bytes of children. */
function childBit(byte: number): number {
  return 1 << (TOKEN_BITS + (byte & 7));
}

function hashKey(key: number): number {
  const mixed = Math.imul(key, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
