import { runGradients } from './run-gradients.ts';

runGradients('cpu');
