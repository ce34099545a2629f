// One training step of a GPT-2 on random tokens: forward, backward, AdamW. Float32, dropout off.
import { adamw } from '@llm/optim';
import { Generator, setActivationStorage, setMatmulPrecision } from '@llm/tensor';
import { tf, useBackend, valueAndGrads } from '@llm/tensor';
import { createModel, parseConfig, setGradientCheckpointing, tokenLoss } from '@llm/transformer';
import { memoryMeter } from './memory.mjs';
import { serve, timed } from './serve.mjs';

const { layers, width, heads, vocabulary, batch, time, threads, backend, ...settings } = JSON.parse(
  process.argv[2],
);
await useBackend(backend, backend === 'native' ? { threads } : {});
if (settings.precision) setMatmulPrecision(settings.precision);
if (settings.activationStorage) setActivationStorage(settings.activationStorage);
const memory = memoryMeter();
const config = parseConfig({
  model_type: 'gpt2',
  n_layer: layers,
  n_embd: width,
  n_head: heads,
  vocab_size: vocabulary,
  n_positions: Math.max(1024, time),
  resid_pdrop: 0,
  embd_pdrop: 0,
  attn_pdrop: 0,
});
const generator = new Generator(0);
const model = createModel(config, { generator });
if (settings.isCheckpointed) setGradientCheckpointing(model);
const optimizer = adamw({ learningRate: 1e-4 });
optimizer.init(model);
const variables = model.trainableParameters();
const randomIds = () =>
  Int32Array.from({ length: batch * time }, () => generator.nextInt(vocabulary));
const inputIds = tf.tensor(randomIds(), [batch, time], 'int32');
const labels = tf.tensor(randomIds(), [batch, time], 'int32');

function step() {
  const { value, grads } = valueAndGrads(
    () => tokenLoss(model, model.hiddenStates(inputIds), labels),
    variables,
  );
  optimizer.step(grads);
  value.dataSync(); // waits for the result, as loss.item() does
  tf.dispose([value, ...grads]);
}

const warmUp = backend === 'native' ? 3 : 1;
for (let i = 0; i < warmUp; i++) step();
await serve(() => timed(step), memory);
