// Sentence embeddings: one batch of token ids, mean pooling, length 1.
import { embed, loadEncoder } from '@llm/transformer';
import { setMatmulPrecision, useBackend } from '@llm/tensor';
import { serve } from './serve.mjs';

const { modelPath, batch, time, repeats, threads, backend, precision } = JSON.parse(
  process.argv[2],
);
await useBackend(backend, { threads });
setMatmulPrecision(precision);
const model = await loadEncoder(modelPath);
const row = (b) => Array.from({ length: time }, (_, i) => 1000 + (((b * time + i) * 7919) % 20000));
const sequences = Array.from({ length: batch }, (_, b) => row(b));

async function unit() {
  const start = process.hrtime.bigint();
  for (let i = 0; i < repeats; i++) await embed(model, sequences);
  return Number(process.hrtime.bigint() - start) / 1e9 / repeats;
}

for (let i = 0; i < 5; i++) await unit();
await serve(unit);
