// A random model with a tokenizer, a chat template and an adapter: its texts are nonsense, but always the same.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Generator, tf, useBackend } from '@llm/tensor';
import { addLora, adapterParameters, saveAdapter } from '@llm/peft';
import { createModel, saveModel } from '@llm/transformer';
import { trainBpe } from '@llm/tokenizer';

/** Writes what was said as `role: words`, one to a line. */
export const TINY_TEMPLATE =
  "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";

export const TINY_CONTEXT = 1024;

/** Writes the folders `tiny` and `adapter`. */
export async function writeTinyModel(folder: string): Promise<void> {
  await useBackend('cpu');
  const path = join(folder, 'tiny');
  const texts = ['the quick brown fox jumps over the lazy dog and runs away from it '.repeat(8)];
  const tokenizer = await trainBpe(texts, { vocabSize: 300, specialTokens: ['<|end|>'] });
  const end = tokenizer.tokenToId('<|end|>')!;
  const config = {
    modelType: 'llama',
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 32,
    intermediateSize: 48,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    maxPositionEmbeddings: TINY_CONTEXT,
    initializerRange: 0.3,
    eosTokenId: end,
  } as const;
  const model = createModel(config, { seed: 11 });
  await saveModel(model, path);
  await tokenizer.save(path);
  const file = join(path, 'tokenizer_config.json');
  const json = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...json, chat_template: TINY_TEMPLATE }));
  await writeAdapter(model, join(folder, 'adapter'));
  model.dispose();
}

/** One that changes what the model writes: a new LoRA's B is zero. */
async function writeAdapter(model: ReturnType<typeof createModel>, path: string): Promise<void> {
  addLora(model, { rank: 2, alpha: 64 }, 'tuned');
  const generator = new Generator(5);
  for (const [, parameter] of adapterParameters(model, 'tuned'))
    tf.tidy(() => parameter.assign(generator.normal(parameter.shape, 0, 0.5)));
  await saveAdapter(model, path, 'tuned');
}
