import { runActivationStorage } from './run-activation-storage.ts';

runActivationStorage('wasm');
