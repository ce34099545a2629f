// From each node of a graph, the fewest bytes to the end of its rule: how a text is brought to its end
// before the tokens run out, and which walks lead nowhere.
import type { Graph, GraphNode } from './graph.ts';

/** @param isUsable whether some token is this byte alone: only such bytes are sure to be at hand
 *  @returns [nodes]; Infinity where no end can be reached */
export function leastBytes(graph: Graph, isUsable: (byte: number) => boolean): Float64Array {
  const hasUsable = (from: number, to: number): boolean => {
    for (let byte = from; byte <= to; byte++) if (isUsable(byte)) return true;
    return false;
  };
  const least = new Float64Array(graph.nodes.length).fill(Infinity);
  const through = (node: GraphNode): number => {
    switch (node.type) {
      case 'end':
        return 0;
      case 'fork':
        return Math.min(Infinity, ...node.targets.map((target) => least[target]!));
      case 'call':
        return least[graph.entries.get(node.rule)!]! + least[node.target]!;
      case 'bytes':
        return node.edges.reduce(
          (best, { from, to, target }) =>
            least[target]! + 1 < best && hasUsable(from, to) ? least[target]! + 1 : best,
          Infinity,
        );
    }
  };
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const [i, node] of graph.nodes.entries()) {
      const value = through(node);
      if (value >= least[i]!) continue;
      least[i] = value;
      isChanged = true;
    }
  }
  return least;
}
