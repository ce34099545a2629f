import { runNn } from './run-nn.ts';

for (const instructionSet of ['avx512', 'avx2', 'scalar'] as const)
  runNn('native', { instructionSet });
