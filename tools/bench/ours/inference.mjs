// SmolLM2 in float32: reading a prompt at once, or writing tokens greedily after a prompt.
import { generate, loadModel } from '@llm/transformer';
import { useBackend } from '@llm/tensor';
import { serve } from './serve.mjs';

const { modelPath, kind, prompt, tokens, threads, backend } = JSON.parse(process.argv[2]);
await useBackend(backend, { threads });
const model = await loadModel(modelPath);
const promptIds = Array.from({ length: prompt }, (_, i) => 100 + ((i * 7919) % 40000));

/** Seconds to write `count` tokens after the prompt; the first of them includes the prefill. */
async function write(count) {
  const stamps = [process.hrtime.bigint()];
  const onToken = () => void stamps.push(process.hrtime.bigint());
  await generate(model, promptIds, { maxNewTokens: count, minNewTokens: count, onToken });
  return stamps.map((stamp) => Number(stamp - stamps[0]) / 1e9);
}

async function unit() {
  if (kind === 'prefill') return (await write(1))[1];
  const stamps = await write(tokens + 1);
  return stamps[tokens + 1] - stamps[1];
}

await unit();
await serve(unit);
