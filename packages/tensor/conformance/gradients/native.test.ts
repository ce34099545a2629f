import { runGradients } from './run-gradients.ts';

runGradients('native');
