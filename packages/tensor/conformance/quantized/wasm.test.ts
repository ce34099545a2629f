import { runQuantized } from './run-quantized.ts';

runQuantized('wasm');
