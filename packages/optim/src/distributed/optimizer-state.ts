// An optimizer's state that lies in pieces at all workers, whole at rank 0 and back: checkpoints look as one process
// writes them, so a run can be resumed by any number of workers.

import { tf, type Tensor } from '@llm/tensor';
import { CheckpointError } from '../errors.ts';
import type { Optimizer } from '../optimizer.ts';
import type { StateEntries } from '../train/workers.ts';
import type { Group } from './group.ts';
import { packed, totalSize, unpacked } from './pack.ts';

/** Everybody's entries at rank 0, none at the others. What all have alike (an optimizer's own numbers) comes once. */
export async function gatherState(group: Group, optimizer: Optimizer): Promise<StateEntries> {
  const own = [...optimizer.saveState()];
  const names = await group.allGatherJson(
    own.map(([name, tensor]) => ({ name, shape: [...tensor.shape] })),
  );
  const numbers = packed(own.map(([, tensor]) => tensor));
  const toFirst = names.map((_, rank) => (rank === 0 ? numbers : undefined));
  const sizes = names.map((list) =>
    list.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0),
  );
  const got = await group.allToAll(
    toFirst,
    sizes.map((size) => (group.rank === 0 ? size : undefined)),
  );
  if (group.rank > 0) return { entries: new Map(), dispose: () => undefined };
  const tensors = names.map((list, rank) =>
    unpacked(
      got[rank]!,
      list.map(({ shape }) => shape),
    ),
  );
  const entries = new Map<string, Tensor>();
  names.forEach((list, rank) => {
    list.forEach(({ name }, i) => {
      if (!entries.has(name)) entries.set(name, tensors[rank]![i]!);
    });
  });
  return { entries, dispose: () => tf.dispose(tensors) };
}

/** Rank 0 hands every worker its part of the state. */
export async function spreadState(
  group: Group,
  optimizer: Optimizer,
  entries: ReadonlyMap<string, Tensor> | undefined,
): Promise<void> {
  const own = [...optimizer.saveState()];
  const wanted = await group.allGatherJson(own.map(([name]) => name));
  const problem = await group.broadcastJson(entries ? mismatch(wanted, entries) : null);
  if (problem !== null) throw new CheckpointError(problem);
  const parts = wanted.map((names, rank) =>
    entries && rank !== group.rank ? packed(names.map((name) => entries.get(name)!)) : undefined,
  );
  const expected = wanted.map((_, rank) =>
    rank === 0 && group.rank > 0 ? totalSize(own.map(([, tensor]) => tensor)) : undefined,
  );
  const got = await group.allToAll(parts, expected);
  if (entries) {
    optimizer.loadState(new Map(own.map(([name]) => [name, entries.get(name)!])));
    return;
  }
  const tensors = unpacked(
    got[0]!,
    own.map(([, tensor]) => tensor.shape),
  );
  optimizer.loadState(new Map(own.map(([name], i) => [name, tensors[i]!])));
  tf.dispose(tensors);
}

function mismatch(
  wanted: readonly (readonly string[])[],
  entries: ReadonlyMap<string, Tensor>,
): string | null {
  const expected = new Set(wanted.flat());
  const missing = [...expected].filter((name) => !entries.has(name));
  const unexpected = [...entries.keys()].filter((name) => !expected.has(name));
  if (missing.length + unexpected.length === 0) return null;
  const show = (names: string[]) => names.slice(0, 5).join(', ') || 'none';
  return (
    `dataParallel: state: expected that of the optimizer for each trainable parameter; missing ${show(missing)}; ` +
    `unexpected ${show(unexpected)}. Resume with the model and the optimizer that the run began with.`
  );
}
