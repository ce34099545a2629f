// Gives every worker rank 0's parameters. Those that are equal already, as a frozen base loaded from the same file is,
// are not sent: workers compare digests first.

import { createHash } from 'node:crypto';
import { nn, tf, type Variable } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import type { Group } from './group.ts';

/** @throws ConfigError where a worker has other parameters, by name and shape, than rank 0 */
export async function sameParameters(group: Group, modules: readonly nn.Module[]): Promise<void> {
  const named = modules.flatMap((module) => [...module.namedParameters()]);
  const own = named.map(([path, p]) => ({ path, shape: [...p.shape], digest: digestOf(p) }));
  const all = await group.allGatherJson(own);
  all.forEach((other, rank) => checkNames(rank, other, all[0]!));
  for (const [i, [path, parameter]] of named.entries()) {
    const digests = new Set(all.map((parameters) => parameters[i]!.digest));
    if (digests.size > 1) await receiveFirst(group, path, parameter);
  }
}

async function receiveFirst(group: Group, path: string, parameter: Variable): Promise<void> {
  const numbers = Float32Array.from(parameter.dataSync());
  await group.broadcast(numbers);
  if (group.rank === 0) return;
  nn.assignParameter(parameter, tf.tensor(numbers, parameter.shape, parameter.dtype), path);
}

function digestOf(parameter: Variable): string {
  const { buffer, byteOffset, byteLength } = parameter.dataSync();
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('base64');
}

interface Described {
  readonly path: string;
  readonly shape: readonly number[];
}

function checkNames(rank: number, theirs: readonly Described[], first: readonly Described[]): void {
  const shown = (parameter: Described | undefined) =>
    parameter ? `${parameter.path} [${parameter.shape}]` : 'none';
  for (let i = 0; i < Math.max(theirs.length, first.length); i++) {
    if (shown(theirs[i]) === shown(first[i])) continue;
    throw new ConfigError(
      `dataParallel: model: expected ${shown(first[i])} at rank ${rank} as at rank 0, got ${shown(theirs[i])}. ` +
        'Make the same model in every worker.',
    );
  }
}
