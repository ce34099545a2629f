// SmolLM2 at growing prompts: for each line with a number of tokens, the time until the first new token is
// there and the time of one more token after it.
import { createInterface } from 'node:readline';
import { generate, loadModel } from '@llm/transformer';
import { useBackend } from '@llm/tensor';

const { modelPath, weights, threads, backend, tokens } = JSON.parse(process.argv[2]);
const seconds = () => Number(process.hrtime.bigint()) / 1e9;
await useBackend(backend, { threads });
const model = await loadModel(modelPath, { weights });

async function measure(prompt) {
  const ids = Array.from({ length: prompt }, (_, i) => 100 + ((i * 7919) % 40000));
  const start = seconds();
  const stamps = [];
  const onToken = () => stamps.push(seconds() - start);
  await generate(model, ids, { maxNewTokens: tokens, minNewTokens: tokens, onToken });
  // The second step is recorded to be replayed (capture): it belongs to neither.
  return { first: stamps[0], decode: (stamps.at(-1) - stamps[2]) / (stamps.length - 3) };
}

await measure(64);
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await measure(Number(line)))}\n`);
