import { runParameterConformance } from './run-parameters.ts';

runParameterConformance('wasm');
