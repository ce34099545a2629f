import { runCacheAttention } from './run-cache-attention.ts';

runCacheAttention('cpu');
