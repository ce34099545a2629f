// The vocabulary as a tree of bytes in depth-first order, so that one walk over flat arrays visits every
// token with the bytes it shares with its neighbours read only once.

export interface TokenTrie {
  /** Tokens, the highest id included. */
  readonly vocabSize: number;
  /** Of each node, the byte that leads to it. */
  readonly bytes: Uint8Array;
  /** Bytes from the root, at least 1. */
  readonly depths: Uint16Array;
  /** The node after all that begin as this one does. */
  readonly ends: Int32Array;
  /** Tokens that end at node i: `tokens` from starts[i] to starts[i + 1]. */
  readonly starts: Int32Array;
  readonly tokens: Int32Array;
  readonly maxDepth: number;
}

/** @param vocabulary the bytes of each token; undefined or empty for those that are no text */
export function buildTrie(vocabulary: readonly (Uint8Array | undefined)[]): TokenTrie {
  const ids = [...vocabulary.keys()].filter((id) => (vocabulary[id]?.length ?? 0) > 0);
  ids.sort((a, b) => compare(vocabulary[a]!, vocabulary[b]!) || a - b);
  const bytes: number[] = [];
  const depths: number[] = [];
  const ends: number[] = [];
  const endNodes: number[] = [];
  const path: number[] = []; // nodes that lead to the last token
  let last: Uint8Array = new Uint8Array();
  for (const id of ids) {
    const token = vocabulary[id]!;
    let shared = 0;
    while (shared < path.length && shared < token.length && last[shared] === token[shared])
      shared++;
    while (path.length > shared) ends[path.pop()!] = bytes.length;
    for (let i = shared; i < token.length; i++) {
      path.push(bytes.length);
      bytes.push(token[i]!);
      depths.push(i + 1);
    }
    endNodes.push(path.at(-1)!);
    last = token;
  }
  while (path.length > 0) ends[path.pop()!] = bytes.length;
  return {
    vocabSize: vocabulary.length,
    bytes: Uint8Array.from(bytes),
    depths: Uint16Array.from(depths),
    ends: Int32Array.from(ends),
    starts: tokenStarts(endNodes, bytes.length),
    tokens: Int32Array.from(ids),
    maxDepth: depths.reduce((most, depth) => Math.max(most, depth), 0),
  };
}

/** starts[i] tokens end before node i. @param endNodes of each token in order, never falling */
function tokenStarts(endNodes: readonly number[], nodes: number): Int32Array {
  const starts = new Int32Array(nodes + 1);
  for (const node of endNodes) starts[node + 1]! += 1;
  for (let node = 0; node < nodes; node++) starts[node + 1]! += starts[node]!;
  return starts;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
