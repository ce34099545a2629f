import { runConformance } from './run-conformance.ts';

for (const instructionSet of ['avx512', 'avx2', 'scalar'] as const) {
  runConformance({ backend: 'native', instructionSet });
}
