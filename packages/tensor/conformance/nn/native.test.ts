import { availableInstructionSets } from '../instruction-sets.ts';
import { runNn } from './run-nn.ts';

for (const instructionSet of await availableInstructionSets()) runNn('native', { instructionSet });
