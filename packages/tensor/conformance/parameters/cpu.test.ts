import { runParameterConformance } from './run-parameters.ts';

runParameterConformance('cpu');
