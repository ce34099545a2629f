import { availableInstructionSets } from '../instruction-sets.ts';
import { runParameterConformance } from './run-parameters.ts';

// One thread and three must agree with the same definitions to the same bits.
for (const instructionSet of await availableInstructionSets()) {
  runParameterConformance('native', { instructionSet, threads: 1 });
}
runParameterConformance('native', { threads: 3 });
