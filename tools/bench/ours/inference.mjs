// SmolLM2: reading a prompt at once, writing tokens greedily after a prompt (of one text or of several), or
// loading the file, with weights as they lie in it, in bf16 or in float32.
import { generate, loadModel } from '@llm/transformer';
import { useBackend } from '@llm/tensor';
import { serve } from './serve.mjs';

const { modelPath, weights, kind, prompt, tokens, batch, threads, backend } = JSON.parse(
  process.argv[2],
);
const seconds = () => Number(process.hrtime.bigint()) / 1e9;
await useBackend(backend, { threads });
const model = kind === 'load' ? null : await loadModel(modelPath, { weights });
const promptIds = Array.from({ length: prompt }, (_, i) => 100 + ((i * 7919) % 40000));
const prompts = Array.from({ length: batch }, () => promptIds);

/** Times of the prompt's end and of each step's, in seconds from the start. */
async function write(steps) {
  const start = seconds();
  const stamps = [];
  const onToken = (_token, row) => row === batch - 1 && stamps.push(seconds() - start);
  await generate(model, prompts, { maxNewTokens: steps, minNewTokens: steps, onToken });
  return stamps;
}

/** Until the model can decode. */
async function load() {
  const start = seconds();
  const loaded = await loadModel(modelPath, { weights });
  const taken = seconds() - start;
  loaded.dispose();
  return taken;
}

async function unit() {
  if (kind === 'load') return load();
  if (kind === 'prefill') return (await write(1))[0];
  const stamps = await write(tokens + 1);
  return stamps[tokens] - stamps[0];
}

await unit();
await serve(unit);
