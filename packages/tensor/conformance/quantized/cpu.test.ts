import { runInt8 } from './run-int8.ts';
import { runQuantizedLoss } from './run-quantized-loss.ts';
import { runQuantized } from './run-quantized.ts';

runQuantized('cpu');
runInt8('cpu');
runQuantizedLoss('cpu');
