import { runInt8 } from './run-int8.ts';
import { runQuantizedLoss } from './run-quantized-loss.ts';
import { runQuantized } from './run-quantized.ts';

runQuantized('wasm');
runInt8('wasm');
runQuantizedLoss('wasm');
