import { useBackend } from '@llm/tensor';
import { createModel, generate } from '@llm/transformer';
import { addPrefixTuning, addPromptTuning, saveAdapter, setActiveAdapters } from '@llm/peft';

await useBackend();
const config = { modelType: 'llama', vocabSize: 1024, hiddenSize: 64, numHiddenLayers: 2 } as const;
const model = createModel(config, { seed: 1 });
addPromptTuning(model, { numVirtualTokens: 8, init: { tokens: [17, 4, 99] } }, 'polite');
addPrefixTuning(model, { numVirtualTokens: 8, prefixProjection: true }, 'brief');
// … train the active one with @llm/optim or @llm/align, as any model: nothing else changes …
setActiveAdapters(model, 'brief'); // one soft prompt at a time; [] is the base model
await generate(model, [[5, 1, 7], [9]], { maxNewTokens: 16 });
await saveAdapter(model, 'runs/brief', 'brief');
