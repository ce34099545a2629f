import { runParameterConformance } from './run-parameters.ts';

// One thread and three must agree with the same definitions to the same bits.
for (const instructionSet of ['scalar', 'avx2', 'avx512'] as const) {
  runParameterConformance('native', { instructionSet, threads: 1 });
}
runParameterConformance('native', { threads: 3 });
