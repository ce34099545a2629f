import { tokenizePreferences, trainDpo } from '@llm/align';
import { useBackend } from '@llm/tensor';
import { createModel } from '@llm/transformer';

await useBackend();
const config = { modelType: 'gpt2', vocabSize: 256, nEmbd: 32, nLayer: 2, nHead: 2 } as const;
const model = createModel(config, { seed: 1 }); // or await loadModel('path/to/a/model')
const bytes = { encode: (text: string) => [...Buffer.from(text)], decode: String, eosTokenId: 0 }; // or a Tokenizer
const rows = [{ prompt: 'The capital of France is', chosen: ' Paris.', rejected: ' Rome.' }];
const { examples } = tokenizePreferences(rows, bytes);
const { lastMetrics } = await trainDpo({ model, examples, steps: 20, learningRate: 1e-3 });
console.log('prefers Paris:', lastMetrics?.metrics['rewards/accuracies']);
// prefers Paris: 1
