/**
 * A trie of pieces over UTF-16 units: all edges in one open-addressing table of (node, unit) → node, so that a step is
 * one probe and nothing is allocated while searching.
 */
const STRIDE = 3;
const EMPTY = -1;

export class PieceTrie {
  #edges: Int32Array;
  #mask: number;
  #nodes = 1;
  /** Id of the piece that ends at each node, or −1. */
  #ids: Int32Array;
  /** Children of the root by unit, the most frequent step. */
  readonly #roots = new Int32Array(1 << 16);

  constructor(pieces: readonly (string | undefined)[]) {
    this.#edges = new Int32Array((1 << 12) * STRIDE).fill(EMPTY);
    this.#mask = (1 << 12) - 1;
    this.#ids = new Int32Array(1 << 11).fill(-1);
    pieces.forEach((piece, id) => piece && this.#insert(piece, id));
  }

  #insert(piece: string, id: number): void {
    let node = 0;
    for (let i = 0; i < piece.length; i++) node = this.#childOrNew(node, piece.charCodeAt(i));
    this.#ids[node] = id;
  }

  /** The root is 0. @returns the node after `unit`, or −1. */
  child(node: number, unit: number): number {
    if (node === 0) return (this.#roots[unit] as number) - 1;
    const edges = this.#edges;
    let slot = hashEdge(node, unit) & this.#mask;
    for (;;) {
      const offset = slot * STRIDE;
      const from = edges[offset];
      if (from === node && edges[offset + 1] === unit) return edges[offset + 2] as number;
      if (from === EMPTY) return -1;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Id of the piece that ends at `node`, or −1. */
  idAt(node: number): number {
    return this.#ids[node] as number;
  }

  #childOrNew(node: number, unit: number): number {
    const found = this.child(node, unit);
    if (found >= 0) return found;
    const child = this.#nodes++;
    if (child >= this.#ids.length) this.#growNodes();
    if (node === 0) this.#roots[unit] = child + 1;
    else {
      if (this.#nodes * 2 > this.#mask) this.#growEdges();
      place(this.#edges, this.#mask, node, unit, child);
    }
    return child;
  }

  #growNodes(): void {
    const ids = new Int32Array(this.#ids.length * 2).fill(-1);
    ids.set(this.#ids);
    this.#ids = ids;
  }

  #growEdges(): void {
    const old = this.#edges;
    this.#mask = this.#mask * 2 + 1;
    this.#edges = new Int32Array((this.#mask + 1) * STRIDE).fill(EMPTY);
    for (let i = 0; i < old.length; i += STRIDE) {
      if (old[i] === EMPTY) continue;
      const [node, unit, child] = [old[i], old[i + 1], old[i + 2]] as [number, number, number];
      place(this.#edges, this.#mask, node, unit, child);
    }
  }
}

function place(edges: Int32Array, mask: number, node: number, unit: number, child: number): void {
  let slot = hashEdge(node, unit) & mask;
  while (edges[slot * STRIDE] !== EMPTY) slot = (slot + 1) & mask;
  edges[slot * STRIDE] = node;
  edges[slot * STRIDE + 1] = unit;
  edges[slot * STRIDE + 2] = child;
}

function hashEdge(node: number, unit: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit + 0x7f4a7c15, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
