import { useBackend } from '../../src/index.ts';
import { runParameterConformance } from './run-parameters.ts';

/** Whether this processor has it; the scalar one is everywhere. */
const has = (instructionSet: 'scalar' | 'avx2' | 'avx512') =>
  useBackend('native', { instructionSet }).then(
    () => true,
    () => instructionSet === 'scalar',
  );

// One thread and three must agree with the same definitions to the same bits.
for (const instructionSet of ['scalar', 'avx2', 'avx512'] as const) {
  if (await has(instructionSet)) {
    runParameterConformance('native', { instructionSet, threads: 1 });
  }
}
runParameterConformance('native', { threads: 3 });
