import { useBackend } from '../../src/index.ts';
import { runCacheAttention } from './run-cache-attention.ts';

const INSTRUCTION_SETS = ['avx512', 'avx2', 'scalar'] as const;
const { instructionSet: best = 'scalar' } = await useBackend('native', {});

for (const instructionSet of INSTRUCTION_SETS.slice(INSTRUCTION_SETS.indexOf(best as 'scalar')))
  runCacheAttention('native', { instructionSet });
