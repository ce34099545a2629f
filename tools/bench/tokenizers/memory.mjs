// How long a tokenizer.json takes to load, and what the tokenizer then holds: heap and buffers after a collection.
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Tokenizer } from '@llm/tokenizer';

const path = process.argv[2];
const settle = async () => {
  await setTimeout(50);
  globalThis.gc();
  globalThis.gc();
};
const held = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
};

await settle();
const before = held();
const times = [];
let tokenizer;
for (let round = 0; round < 5; round++) {
  tokenizer = undefined;
  await settle();
  const start = performance.now();
  tokenizer = await Tokenizer.load(path);
  times.push(performance.now() - start);
}
await settle();
const loadedMiB = held() - before;
tokenizer.decode(tokenizer.encode('Tokenizers internationalise 中文 and code(x) => y.'));
await settle();
const loadMs = times.sort((a, b) => a - b)[2];
process.stdout.write(JSON.stringify({ loadMs, loadedMiB, usedMiB: held() - before }));
