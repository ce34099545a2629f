import { promptsOf, trainGrpo } from '@llm/align';
import { useBackend } from '@llm/tensor';
import { createModel } from '@llm/transformer';

await useBackend();
const config = { modelType: 'gpt2', vocabSize: 12, nEmbd: 32, nLayer: 2, nHead: 2 } as const;
const model = createModel(config, { seed: 1 }); // or await loadModel('path/to/a/model')
const nines = ({ completionIds }: { completionIds: readonly (readonly number[])[] }) =>
  completionIds.map((ids) => ids.filter((id) => id === 9).length / ids.length);
const prompts = promptsOf([[2, 3], [4]]); // or tokenizePrompts(rows, tokenizer).examples
const sizes = { groupSize: 8, batchSize: 16, maxNewTokens: 4, steps: 30 };
const { lastMetrics } = await trainGrpo({
  model,
  prompts,
  rewards: [nines],
  ...sizes,
  learningRate: 1e-2,
});
console.log('writes nines:', lastMetrics!.metrics['reward']! > 0.8);
// writes nines: true
