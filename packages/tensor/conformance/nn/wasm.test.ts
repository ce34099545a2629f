import { runNn } from './run-nn.ts';

runNn('wasm');
