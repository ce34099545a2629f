import { runCheckpoint } from './run-checkpoint.ts';

runCheckpoint('cpu');
