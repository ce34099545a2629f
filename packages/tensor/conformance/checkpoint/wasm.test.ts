import { runCheckpoint } from './run-checkpoint.ts';

runCheckpoint('wasm');
