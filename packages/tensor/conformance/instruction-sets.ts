/** The native engine's instruction sets that this processor has, best first: suites run on each. */
import { useBackend, type BackendOptions } from '../src/index.ts';

export type InstructionSet = NonNullable<BackendOptions['instructionSet']>;

const ALL: readonly InstructionSet[] = ['avx512', 'avx2', 'scalar'];

/** The last is everywhere; on arm64 the engine calls it `neon`. */
export async function availableInstructionSets(): Promise<readonly InstructionSet[]> {
  const { instructionSet } = await useBackend('native', {});
  const best = ALL.indexOf(instructionSet as InstructionSet);
  return ALL.slice(best < 0 ? -1 : best);
}
