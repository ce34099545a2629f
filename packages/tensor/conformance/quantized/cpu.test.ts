import { runQuantizedLoss } from './run-quantized-loss.ts';
import { runQuantized } from './run-quantized.ts';

runQuantized('cpu');
runQuantizedLoss('cpu');
