import { runCheckpoint } from './run-checkpoint.ts';

runCheckpoint('native');
