import { availableInstructionSets } from '../instruction-sets.ts';
import { runConformance } from './run-conformance.ts';

for (const instructionSet of await availableInstructionSets()) {
  runConformance({ backend: 'native', instructionSet });
}
