// The automaton that reads a text byte by byte. A state is the set of all walks through the graph that
// spell what was read: for each where it stands and the stack of rules to go back to. States and the
// steps between them are made when first needed and kept, so that a regular expression becomes a table.
import { END, type ByteEdge, type Graph } from './graph.ts';

interface State {
  /** Edges that can be taken next, with the stack after each. */
  readonly edges: readonly ByteEdge[];
  readonly stacks: readonly number[];
  /** Whether what was read is a whole text. */
  readonly isAccepting: boolean;
  /** Fewest bytes to a whole text; Infinity if there is none. */
  readonly leastBytes: number;
  /** The state after each byte; UNKNOWN until asked for. */
  readonly next: Int32Array;
}

/** No text begins so. */
export const DEAD = -1;
const UNKNOWN = -2;
const EMPTY_STACK = 0;

export class Pushdown {
  readonly start: number;
  readonly #graph: Graph;
  readonly #least: Float64Array;
  readonly #states: State[] = [];
  readonly #stateIds = new Map<string, number>();
  /** Stacks as chains: stack i has `#returns[i]` on top of stack `#parents[i]`. */
  readonly #returns: number[] = [END];
  readonly #parents: number[] = [EMPTY_STACK];
  readonly #costs: number[] = [0];
  readonly #stackIds = new Map<string, number>();

  /** @param least of leastBytes(graph) */
  constructor(graph: Graph, least: Float64Array) {
    this.#graph = graph;
    this.#least = least;
    this.start = this.#stateOf([[graph.root, EMPTY_STACK]]);
  }

  /** States made so far. */
  get size(): number {
    return this.#states.length;
  }

  /** The state after one more byte, or DEAD. */
  step(state: number, byte: number): number {
    const { next } = this.#states[state]!;
    const known = next[byte]!;
    return known === UNKNOWN ? (next[byte] = this.#take(this.#states[state]!, byte)) : known;
  }

  /** The state after some bytes, or DEAD. */
  walk(state: number, bytes: Uint8Array): number {
    let at = state;
    for (let i = 0; i < bytes.length && at !== DEAD; i++) at = this.step(at, bytes[i]!);
    return at;
  }

  isAccepting(state: number): boolean {
    return this.#states[state]!.isAccepting;
  }

  leastBytes(state: number): number {
    return this.#states[state]!.leastBytes;
  }

  /** Whether a whole text in this state cannot go on. */
  isFinal(state: number): boolean {
    return this.#states[state]!.edges.length === 0;
  }

  #take({ edges, stacks }: State, byte: number): number {
    const reached: [number, number][] = [];
    for (const [i, { from, to, target }] of edges.entries())
      if (byte >= from && byte <= to) reached.push([target, stacks[i]!]);
    return reached.length === 0 ? DEAD : this.#stateOf(reached);
  }

  /** The state of these walks, or DEAD when none of them has an end. */
  #stateOf(walks: readonly (readonly [node: number, stack: number])[]): number {
    const found = this.#closure(walks);
    if (found.leastBytes === Infinity) return DEAD;
    const known = this.#stateIds.get(found.key);
    if (known !== undefined) return known;
    const id = this.#states.push({ ...found, next: new Int32Array(256).fill(UNKNOWN) }) - 1;
    this.#stateIds.set(found.key, id);
    return id;
  }

  /** Follows forks, calls and ends until bytes must be read. */
  #closure(walks: readonly (readonly [node: number, stack: number])[]) {
    const seen = new Set<number>();
    const open = [...walks];
    const positions: [node: number, stack: number][] = [];
    let isAccepting = false;
    let leastBytes = Infinity;
    for (let walk = open.pop(); walk !== undefined; walk = open.pop()) {
      const [node, stack] = walk;
      const cost = this.#least[node]! + this.#costs[stack]!;
      const id = node + stack * this.#graph.nodes.length;
      if (cost === Infinity || seen.has(id)) continue;
      seen.add(id);
      leastBytes = Math.min(leastBytes, cost);
      const here = this.#graph.nodes[node]!;
      switch (here.type) {
        case 'bytes':
          positions.push([node, stack]);
          break;
        case 'fork':
          for (const target of here.targets) open.push([target, stack]);
          break;
        case 'call': {
          // A call in last place goes back to where its own rule goes back: lists stay flat.
          const back = here.target === END ? stack : this.#push(here.target, stack);
          open.push([this.#graph.entries.get(here.rule)!, back]);
          break;
        }
        case 'end':
          if (stack === EMPTY_STACK) isAccepting = true;
          else open.push([this.#returns[stack]!, this.#parents[stack]!]);
      }
    }
    positions.sort(([a, x], [b, y]) => a - b || x - y);
    return {
      ...this.#edgesOf(positions),
      isAccepting,
      leastBytes,
      key: `${isAccepting} ${positions.join(' ')}`,
    };
  }

  #edgesOf(positions: readonly (readonly [number, number])[]) {
    const edges: ByteEdge[] = [];
    const stacks: number[] = [];
    for (const [node, stack] of positions) {
      const here = this.#graph.nodes[node]!;
      if (here.type !== 'bytes') continue;
      for (const edge of here.edges) {
        edges.push(edge);
        stacks.push(stack);
      }
    }
    return { edges, stacks };
  }

  #push(target: number, stack: number): number {
    const key = `${target} ${stack}`;
    const known = this.#stackIds.get(key);
    if (known !== undefined) return known;
    const id = this.#returns.push(target) - 1;
    this.#parents.push(stack);
    this.#costs.push(this.#least[target]! + this.#costs[stack]!);
    this.#stackIds.set(key, id);
    return id;
  }
}
