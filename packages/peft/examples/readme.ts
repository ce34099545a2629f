import { useBackend } from '@llm/tensor';
import { createModel } from '@llm/transformer';
import { addLora, countParameters, formatCounts, saveAdapter } from '@llm/peft';

await useBackend();
const config = { modelType: 'gpt2', vocabSize: 1024, nEmbd: 64, nLayer: 2, nHead: 4 } as const;
const model = createModel(config, { seed: 1 });
addLora(model, { rank: 4, alpha: 8, targetModules: ['c_attn', 'c_fc'] });
console.log(formatCounts(countParameters(model)));
// … train model with @llm/optim: only the adapter is trainable …
await saveAdapter(model, 'runs/my-adapter'); // a folder that Python's PEFT reads, too
