import { tf, useBackend } from '@llm/tensor';
import { createModel, generate, loadModel, saveModel } from '@llm/transformer';

await useBackend();
const config = { modelType: 'gpt2', vocabSize: 512, nEmbd: 64, nLayer: 2, nHead: 4 } as const;
const model = createModel(config, { seed: 1 });
const logits = model.forward(tf.tensor2d([[5, 9, 2]], [1, 3], 'int32')); // [1, 3, 512], differentiable
await saveModel(model, 'my-model'); // config.json, model.safetensors: Transformers reads it
const again = await loadModel('my-model'); // or a folder from the Hub, or a .gguf file
const { sequences } = await generate(again, [5, 9, 2], { maxNewTokens: 8, temperature: 1 });
console.log(logits.shape, sequences[0]); // token ids; @llm/tokenizer makes them text
