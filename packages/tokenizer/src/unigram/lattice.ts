/**
 * All ways to write a text as pieces, as a graph: n-best by best-first search from the end (Nagata 1994), and samples by
 * forward filtering, backward sampling (Kudo 2018, section 3.2).
 */
import type { Random } from '../sampling/random.ts';
import type { PieceTrie } from './piece-trie.ts';

/** One piece at one place. */
export interface LatticeNode {
  /** −1 for an unknown character. */
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

export interface Path {
  readonly nodes: readonly LatticeNode[];
  readonly score: number;
}

export class Lattice {
  readonly #length: number;
  /** Nodes by where they end. */
  readonly #endingAt: LatticeNode[][];

  constructor(trie: PieceTrie, scores: Float64Array, unkScore: number, text: string) {
    this.#length = text.length;
    this.#endingAt = Array.from({ length: text.length + 1 }, () => []);
    for (let start = 0; start < text.length;) {
      const unit = text.codePointAt(start) as number;
      const characterEnd = start + (unit > 0xffff ? 2 : 1);
      let hasSingle = false;
      let node = 0;
      for (let end = start + 1; end <= text.length; end++) {
        node = trie.child(node, text.charCodeAt(end - 1));
        if (node < 0) break;
        const id = trie.idAt(node);
        if (id < 0) continue;
        this.#add({ id, start, end, score: scores[id] as number });
        hasSingle ||= end === characterEnd;
      }
      if (!hasSingle) this.#add({ id: -1, start, end: characterEnd, score: unkScore });
      start = characterEnd;
    }
  }

  #add(node: LatticeNode): void {
    (this.#endingAt[node.end] as LatticeNode[]).push(node);
  }

  /** The `count` best paths, best first. */
  nBest(count: number): Path[] {
    const best = this.#forward((scores) => Math.max(...scores));
    interface Agenda {
      /** Nodes from here to the end, as a list. */
      readonly nodes: readonly LatticeNode[];
      readonly position: number;
      readonly score: number;
      readonly bound: number;
    }
    const agenda: Agenda[] = [
      { nodes: [], position: this.#length, score: 0, bound: best[this.#length] as number },
    ];
    const found: Path[] = [];
    while (found.length < count) {
      const top = popBest(agenda);
      if (top === undefined) break;
      if (top.position === 0) {
        found.push({ nodes: top.nodes, score: top.score });
        continue;
      }
      for (const node of this.#endingAt[top.position] as LatticeNode[]) {
        const score = top.score + node.score;
        const bound = score + (best[node.start] as number);
        if (bound > Number.NEGATIVE_INFINITY)
          agenda.push({ nodes: [node, ...top.nodes], position: node.start, score, bound });
      }
    }
    return found;
  }

  /** One path, drawn with probability proportional to exp(alpha · score). */
  sample(alpha: number, random: Random): Path {
    const total = this.#forward(logSumExp, alpha);
    const nodes: LatticeNode[] = [];
    let score = 0;
    for (let position = this.#length; position > 0;) {
      const candidates = this.#endingAt[position] as LatticeNode[];
      const logs = candidates.map((node) => (total[node.start] as number) + alpha * node.score);
      const node = candidates[drawFromLogs(logs, random)] as LatticeNode;
      nodes.unshift(node);
      score += node.score;
      position = node.start;
    }
    return { nodes, score };
  }

  /** For each position, the scores of all paths from the beginning, combined. */
  #forward(combine: (scores: number[]) => number, alpha = 1): Float64Array {
    const total = new Float64Array(this.#length + 1).fill(Number.NEGATIVE_INFINITY);
    total[0] = 0;
    for (let end = 1; end <= this.#length; end++) {
      const nodes = this.#endingAt[end] as LatticeNode[];
      if (nodes.length > 0)
        total[end] = combine(
          nodes.map((node) => (total[node.start] as number) + alpha * node.score),
        );
    }
    return total;
  }
}

function popBest<T extends { readonly bound: number }>(agenda: T[]): T | undefined {
  let best = 0;
  for (let i = 1; i < agenda.length; i++)
    if ((agenda[i] as T).bound > (agenda[best] as T).bound) best = i;
  const top = agenda[best];
  const last = agenda.pop();
  if (last !== undefined && best < agenda.length) agenda[best] = last;
  return top;
}

export function logSumExp(values: readonly number[]): number {
  const max = Math.max(...values);
  if (max === Number.NEGATIVE_INFINITY) return max;
  return max + Math.log(values.reduce((sum, value) => sum + Math.exp(value - max), 0));
}

/** An index drawn with probability proportional to exp(logs[i]). */
export function drawFromLogs(logs: readonly number[], random: Random): number {
  const total = logSumExp(logs);
  let left = random.uniform();
  for (let i = 0; i < logs.length; i++) {
    left -= Math.exp((logs[i] as number) - total);
    if (left < 0) return i;
  }
  return logs.length - 1;
}
