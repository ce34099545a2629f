import { runParameterConformance } from './run-parameters.ts';

runParameterConformance({ backend: 'wasm' });
