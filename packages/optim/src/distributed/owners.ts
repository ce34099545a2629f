// Which worker sums up, and steps, which parameters. Whole parameters are given away, so that every optimizer works
// as it is, those that look at a whole matrix (Muon, Adafactor, LAMB) too.

/**
 * The owner of each parameter: the largest first, each to the worker that has least so far (longest processing time
 * first, Graham 1969). The same everywhere.
 */
export function ownersOf(sizes: readonly number[], workers: number): number[] {
  const loads = new Array<number>(workers).fill(0);
  const owners = new Array<number>(sizes.length).fill(0);
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  for (const i of order) {
    const owner = loads.indexOf(Math.min(...loads));
    owners[i] = owner;
    loads[owner]! += sizes[i]!;
  }
  return owners;
}
